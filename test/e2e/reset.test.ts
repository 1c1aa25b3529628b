import { beforeAll, describe, expect, it } from 'vitest';
import { wrecks } from '../../scripts/soak/wrecks.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { firedrill } from '../support/program.ts';
import { ok, startLab } from '../support/test-lab.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});

/** What a reset says where it put keys back before all else. */
const keysCameFirst = /^Put back etcd's keys .* were put back into etcd$/m;

describe('reset proves the baseline where', () => {
  it.each(wrecks)('$name', async ({ name, make }) => {
    await make(lab);
    const ran = await firedrill(['reset', '--to', '3', '--yes']);
    expect(ran, ran.all).toMatchObject({ exitCode: 0 });
    expect(ran.stdout).toMatch(/^Lost: .+\nKept: .+\nHow: .+ It takes \d+ to \d+ seconds\.$/m);
    expect(ran.stdout).toContain('its baseline was proven');
    expect(keysCameFirst.test(ran.all), ran.all).toBe(name.endsWith('deleted all keys'));
    await ok('lab', 'status');
  });
});

describe('the pods of the guestbook', () => {
  it('run on where etcd is restored', async () => {
    await firedrill(['reset', '--to', '3', '--yes']);
    const before = await containersOfApp(lab);
    // Four of the guestbook, Redis and its replica.
    expect(before).toHaveLength(6);
    await wrecks.find(({ name }) => name === 'every member of etcd lost its data')?.make(lab);
    const ran = await firedrill(['reset', '--to', '3', '--yes']);
    expect(ran, ran.all).toMatchObject({ exitCode: 0 });
    expect(ran.stdout).toContain('restored from the checkpoint of the last start of a lesson');
    expect(ran.stdout).toContain('etcd was restored');
    expect(await containersOfApp(lab)).toEqual(before);
  });
});

/** What identifies a container of a pod: one that is started anew is another one. */
async function containersOfApp(lab: Lab): Promise<string[]> {
  interface Pods {
    items: { metadata: { name: string }; status: { containerStatuses?: { containerID: string }[] } }[];
  }
  const selector = encodeURIComponent('app in (guestbook,redis)');
  const { items } = await lab.kubernetes.get<Pods>(`/api/v1/namespaces/default/pods?labelSelector=${selector}`);
  return items.map(
    ({ metadata, status }) => `${metadata.name} ${status.containerStatuses?.[0]?.containerID ?? 'not begun'}`,
  );
}
