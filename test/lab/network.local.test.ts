import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLayout } from '../../scripts/lab/layout.ts';
import { makeNetwork } from '../../scripts/lab/network.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-network-'));
  vi.stubEnv('PATH', [folder, process.env['PATH'] ?? ''].join(delimiter));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** An engine that has these networks, one a line as `name subnet`; `own`: the lab's is among them. */
async function engine(networks: string, { own = false, refuses = false } = {}): Promise<void> {
  const script = `#!/bin/sh
echo "$*" >> ${folder}/ran
case "$1 $2 $*" in
  "network ls "*--filter*) ${own ? 'echo 1' : ':'} ;;
  "network ls "*) echo 1 ;;
  "network inspect "*) echo '${networks}' ;;
  "network create "*) ${refuses ? 'echo no room >&2; exit 1' : ':'} ;;
esac
`;
  await writeFile(join(folder, 'docker'), script);
  await chmod(join(folder, 'docker'), 0o755);
}

const table = (...rows: readonly string[]): string =>
  [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    ...rows,
    '',
  ].join('\n');
const lxc = 'lxcbr0\t0003000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0';
const office = 'tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0';
const elsewhere = 'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0';

/** Makes the network of a lab of the usual addresses; returns why it did not. */
const make = (routes: string | undefined): Promise<unknown> =>
  makeNetwork(createLayout({ name: 'lab' }), { routes: () => Promise.resolve(routes) }).catch(
    (error: unknown) => error,
  );
const created = async (): Promise<string[]> =>
  (await readFile(join(folder, 'ran'), 'utf8')).split('\n').filter((line) => line.startsWith('network create'));

describe("the lab's network", () => {
  it.each([
    ['where nothing else has its addresses', table(elsewhere)],
    ['where the system does not tell its routes', undefined],
  ])('is made %s', async (_, routes) => {
    await engine('bridge 172.17.0.0/16');
    expect(await make(routes)).toBeUndefined();
    expect(await created()).toEqual(['network create --label firedrill.lab=lab --subnet 10.0.3.0/24 lab']);
  });

  it('is left alone where it is there already, with its own route', async () => {
    await engine('lab 10.0.3.0/24', { own: true });
    expect(await make(table(lxc))).toBeUndefined();
    expect(await created()).toEqual([]);
  });

  it("is not made beside an interface with its addresses, such as LXC's: that one is named", async () => {
    await engine('bridge 172.17.0.0/16');
    expect(await make(table(elsewhere, lxc))).toMatchObject({
      code: 'network-taken',
      exitCode: 3,
      message: "The lab's network 10.0.3.0/24 is taken on this computer: the interface 'lxcbr0' has 10.0.3.0/24.",
      remedy: expect.stringContaining("'npx firedrill lab up --subnet 10.0.9.0/24'") as string,
    });
    expect(await created()).toEqual([]);
  });

  it('is made below a route to more addresses: the narrower one counts', async () => {
    await engine('bridge 172.17.0.0/16');
    expect(await make(table(office))).toBeUndefined();
    expect(await created()).toHaveLength(1);
  });

  it('is proposed with addresses that no other route has', async () => {
    await engine('bridge 172.17.0.0/16');
    expect(await make(table(office, lxc))).toMatchObject({
      message: "The lab's network 10.0.3.0/24 is taken on this computer: the interface 'lxcbr0' has 10.0.3.0/24.",
      remedy: expect.stringContaining("--subnet 172.30.9.0/24'") as string,
    });
  });

  it("that docker itself has for something else is named as docker's, not by its interface", async () => {
    await engine('other 10.0.0.0/22');
    expect(await make(table(lxc))).toMatchObject({
      code: 'network-taken',
      message: "The lab's network 10.0.3.0/24 is taken: docker's network 'other' has these addresses.",
    });
  });

  it('that docker refuses is told with what it said', async () => {
    await engine('bridge 172.17.0.0/16', { refuses: true });
    expect(await make(table())).toMatchObject({
      code: 'network-taken',
      message: "Docker cannot make the network 10.0.3.0/24 of the lab 'lab': no room",
    });
  });
});
