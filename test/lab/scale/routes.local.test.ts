import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { podRoutes } from '../../../scripts/lab/cloud-config.ts';
import { createLayout } from '../../../scripts/lab/layout.ts';
import { routesScript, strayRoutesScript } from '../../../scripts/lab/scale/routes.ts';
import { withWorkers } from '../../../scripts/lab/scale/workers.ts';
import { run } from '../../../scripts/system/run.ts';

const layout = createLayout({ name: 'lab' });
const w1 = layout.machines.find(({ name }) => name === 'w1')!;
const told = (workers: number): string => `${podRoutes(w1, withWorkers(layout, workers)).join('\n')}\n`;

/** `ip route`, as far as the scripts use it: the kernel's routes are lines of a file. */
const ip = `#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >> ran
case "$2" in
  show) cat kernel ;;
  replace) grep -v "^$3 " kernel > next; echo "$3 via $5 dev eth0" >> next; mv next kernel ;;
  del) grep -q "^$3 " kernel || exit 2; grep -v "^$3 " kernel > next; mv next kernel ;;
esac`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-routes-'));
  await writeFile(join(folder, 'ip'), ip);
  await chmod(join(folder, 'ip'), 0o755);
  await writeFile(join(folder, 'pod-routes'), told(2));
  await kernel(...podRoutes(w1, layout).map((route) => `${route} dev eth0`), '10.2.201.0/24 dev cni0 scope link');
});
afterEach(() => rm(folder, { recursive: true }));

const kernel = (...lines: string[]): Promise<void> => writeFile(join(folder, 'kernel'), `${lines.join('\n')}\n`);
const text = (file: string): Promise<string> => readFile(join(folder, file), 'utf8');
const sh = async (script: string, input = ''): Promise<string> => {
  const environment = { PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  const result = await run('sh', ['-c', script], { input, env: environment });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return result.stdout;
};
const tell = (workers: number): Promise<string> => sh(routesScript(join(folder, 'pod-routes')), told(workers));

describe('a machine that is told its routes', () => {
  it('gets one for each that joined, and loses those of whoever left', async () => {
    await tell(4);
    expect(await text('pod-routes')).toBe(told(4));
    expect(await text('kernel')).toContain('10.2.203.0/24 via 10.0.3.203 dev eth0\n10.2.204.0/24 via 10.0.3.204');
    await tell(2);
    expect(await text('pod-routes')).toBe(told(2));
    expect(await text('kernel')).not.toMatch(/10\.2\.20[34]/);
    expect(await text('kernel')).toContain('10.2.201.0/24 dev cni0');
  });

  it('changes nothing the second time', async () => {
    await tell(3);
    await rm(join(folder, 'ran'));
    await tell(3);
    expect(await text('ran')).toBe('route show\n');
  });

  it('does again what was not completed: the file comes last', async () => {
    await tell(3);
    await writeFile(join(folder, 'pod-routes'), told(2));
    await kernel(...podRoutes(w1, layout));
    await tell(3);
    expect(await text('kernel')).toContain('10.2.203.0/24 via 10.0.3.203');
  });

  it('does not get back a route that a drill took away', async () => {
    await kernel('10.2.101.0/24 via 10.0.3.101 dev eth0');
    await tell(3);
    expect(await text('kernel')).not.toContain('10.2.202.0/24');
  });
});

it('a stray route is deleted and named; a way that was bent stays for whoever repairs it', async () => {
  await kernel(
    '10.2.202.0/24 via 10.0.3.101 dev eth0',
    '10.2.207.0/24 via 10.0.3.207 dev eth0',
    'default via 10.0.3.1',
  );
  expect(await sh(strayRoutesScript(join(folder, 'pod-routes')))).toBe(
    'route to 10.2.207.0/24, of no machine of the lab\n',
  );
  expect(await text('kernel')).toBe('10.2.202.0/24 via 10.0.3.101 dev eth0\ndefault via 10.0.3.1\n');
});
