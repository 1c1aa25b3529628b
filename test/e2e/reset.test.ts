import { beforeAll, describe, expect, it } from 'vitest';
import { wrecks } from '../../scripts/soak/wrecks.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { waitUntil } from '../../scripts/system/wait.ts';
import { firedrill } from '../support/program.ts';
import { labIsWell, ok, startLab } from '../support/test-lab.ts';

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
    const lostKeys = name.endsWith('deleted all keys');
    // A survey of a computer that is too busy to answer finds less: then they come later.
    if (lostKeys) expect(ran.all).toMatch(/keys of the checkpoint were put back into etcd/);
    else expect(ran.all).not.toMatch(keysCameFirst);
    await labIsWell();
  });
});

describe('the pods of the guestbook', () => {
  it('run on where etcd is restored', async () => {
    await ok('reset', '--to', '3', '--yes');
    let before: string[] = [];
    // Four of the guestbook, Redis and its replica.
    const allRun = async () => {
      before = await containersOfApp(lab);
      return before.length === 6 && !before.some((one) => one.endsWith('not begun'));
    };
    await waitUntil(allRun, { what: 'six pods run', deadlineSeconds: 60, saw: () => before.join('; ') });
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
