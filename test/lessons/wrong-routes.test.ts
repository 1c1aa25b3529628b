import { expect, test } from 'vitest';
import lesson from '../../lessons/06-etcd-back-up-and-restore/lesson.ts';
import { scratchMemberHoldsNodes, snapshotsAreKept } from '../../lessons/06-etcd-back-up-and-restore/backup-checks.ts';
import replaceLesson from '../../lessons/08-etcd-restored-for-the-api-server/lesson.ts';
import { otherMembersAnswer } from '../../lessons/08-etcd-restored-for-the-api-server/other-members.ts';
import type { Check, Verdict } from '../../scripts/checks/verdict.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { fakeLab, type Answers } from '../checks/fake-lab.ts';

function reachOf(heading: string): readonly Check[] {
  const step = lesson.steps[heading];
  if (step?.kind !== 'task') throw new Error(`${heading} is no task`);
  return step.reach;
}

test.each(['Every disk is lost', 'Restore all three', 'And back once more'])(
  'whoever deleted the backup is told so first: %s',
  async (heading) => {
    const members = [{ name: 'e1', answers: false }];
    const lab = fakeLab({ onHost: () => ({ stdout: 'missing\n' }), members, down: true });
    const [first] = await Promise.all(reachOf(heading).map((check) => check.look(lab)));
    expect(first).toMatchObject({
      kind: 'unmet',
      saw: expect.stringMatching(/^there is no file \$LAB\/backup\/(first|second)\.db$/) as string,
      hint: expect.stringContaining('firedrill reset') as string,
    } satisfies Partial<Verdict>);
  },
);

/** A lab whose machines e1, e2 and e3 are known by name. */
const labOf = (answers: Answers): Lab =>
  ({ ...fakeLab(answers), machinesWithRole: () => ['e1', 'e2', 'e3'].map((name) => ({ name })) }) as unknown as Lab;

test.each(['Restore all three', 'And back once more'])(
  'whoever restored one member only is told which ones are missing: %s',
  async (heading) => {
    const on = (machine: string) => ({ stdout: machine === 'e1' ? 'started\n' : 'empty\n' });
    const onHost = () => ({ stdout: '{"hash":1,"revision":400,"totalKey":21,"totalSize":20480}' });
    const lab = labOf({ on, onHost, members: [], down: true });
    const verdicts = await Promise.all(reachOf(heading).map((check) => check.look(lab)));
    expect(verdicts.find(({ kind }) => kind !== 'met')).toMatchObject({
      kind: 'unmet',
      saw: 'e1 is started, e2 and e3 have no data',
      hint: expect.stringContaining('Restore all members') as string,
    });
  },
);

/** A backup's member, or snapshots, on these machines; elsewhere there is nothing. */
const madeOn =
  (...machines: readonly string[]) =>
  (machine: string, script: string) => {
    const is = machines.includes(machine);
    // On its own machine the check asks for more than whether something is there.
    if (script.includes('etcdctl')) return is ? { stdout: '/registry/minions/w1\n' } : { exitCode: 1 };
    if (script.includes('wc -l')) return { stdout: is ? '3\n5\ngood\n' : '0\n' };
    return { exitCode: is ? 0 : 1 };
  };

const nothing = 'nothing answers on port 12379 of e1';
test.each([
  ['a scratch member', scratchMemberHoldsNodes(), ['e2'], `${nothing}, but something does on e2`, /on e2\? .* on e1/],
  ['no scratch member', scratchMemberHoldsNodes(), [], nothing, undefined],
  ['snapshots', snapshotsAreKept(), ['e2', 'e3'], 'no snapshot, but there are some on e2 and e3', /on e2 and e3\? /],
  ['no snapshots', snapshotsAreKept(), [], 'no snapshot', undefined],
] as const)('%s on the wrong machine', async (_name, check, machines, saw, hint) => {
  const verdict = await check.look(labOf({ on: madeOn(...machines) }));
  expect(verdict).toMatchObject({ kind: 'unmet', saw });
  expect(verdict.kind === 'unmet' ? verdict.hint : '').toEqual(hint && expect.stringMatching(hint));
});

test.each([
  ['a scratch member', scratchMemberHoldsNodes()],
  ['snapshots', snapshotsAreKept()],
])('%s on the right machine, and on a wrong one too', async (_name, check) => {
  expect(await check.look(labOf({ on: madeOn('e1', 'e2') }))).toMatchObject({ kind: 'met' });
});

test.each([
  ['A disk is gone', 'e2', 'e3'],
  ['A byte is wrong', 'e3', 'e2'],
])('%s: whoever stopped a healthy member is told so first', async (heading, lost, stopped) => {
  const step = replaceLesson.steps[heading];
  const [first] = step?.kind === 'drill' ? step.recovered : [];
  const members = ['e1', 'e2', 'e3'].map((name) => ({ name, answers: name === 'e1' }));
  expect(await first?.look(labOf({ members }))).toMatchObject({
    kind: 'unmet',
    saw: `${stopped} does not answer`,
    hint: expect.stringMatching(new RegExp(`^Only ${lost} .*'ssh ${stopped} systemctl start`)) as string,
  });
  const well = members.map(({ name }) => ({ name, answers: name !== lost }));
  expect(await otherMembersAnswer(lost).look(labOf({ members: well }))).toMatchObject({ kind: 'met' });
});

test('the second restore wants another token than the first one', async () => {
  const objects = Object.fromEntries(
    [
      ['before-backup', '1'],
      ['before-second-backup', '2'],
    ].map(([name, cluster]) => [`/api/v1/namespaces/default/configmaps/${name}`, { data: { cluster } }]),
  );
  const check = reachOf('And back once more').find(({ claim }) => claim.startsWith('etcd is a new cluster'));
  const verdictOf = (id: string) => check?.look(fakeLab({ objects, ctl: { stdout: `{"cluster_id":${id}}` } }));
  expect(await verdictOf('2')).toMatchObject({ kind: 'unmet', saw: 'its ID is still 2' });
  expect(await verdictOf('3')).toMatchObject({ kind: 'met' });
});

test('what was made on the wrong machine is removed, too', async () => {
  const scripts = new Map<string, string>();
  const lab = {
    folder: 'nowhere',
    on: (machine: string, script: string) => {
      scripts.set(machine, script);
      return Promise.resolve({ exitCode: 0 });
    },
    machinesWithRole: () => ['e1', 'e2', 'e3'].map((name) => ({ name })),
    kubernetes: {
      servers: () => Promise.resolve([{ ready: true }]),
      get: () => Promise.resolve({ items: [] }),
      remove: () => Promise.resolve(),
    },
  } as unknown as Lab;
  await lesson.cleanUp?.(lab);
  expect([...scripts.keys()]).toEqual(['e1', 'e2', 'e3']);
  for (const script of scripts.values()) {
    expect(script).toMatch(/systemctl stop etcd-backup\.timer etcd-backup\.service etcd-scratch\b/);
    expect(script).toMatch(/rm -rf .*\/var\/lib\/etcd-backup .*\/var\/lib\/etcd\/scratch\b/);
  }
});
