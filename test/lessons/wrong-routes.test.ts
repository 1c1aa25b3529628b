import { expect, test } from 'vitest';
import lesson from '../../lessons/06-etcd-back-up-and-restore/lesson.ts';
import type { Check, Verdict } from '../../scripts/checks/verdict.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { fakeLab } from '../checks/fake-lab.ts';

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
    onHost: () => Promise.resolve({ exitCode: 0 }),
    on: (machine: string, script: string) => {
      scripts.set(machine, script);
      return Promise.resolve({ exitCode: 0 });
    },
    machinesWithRole: () => ['e1', 'e2', 'e3'].map((name) => ({ name })),
    kubernetes: { ready: () => Promise.resolve(false) },
  } as unknown as Lab;
  await lesson.cleanUp?.(lab);
  expect([...scripts.keys()]).toEqual(['e1', 'e2', 'e3']);
  for (const script of scripts.values()) {
    expect(script).toMatch(/systemctl stop etcd-backup\.timer etcd-backup\.service etcd-scratch\b/);
    expect(script).toMatch(/rm -rf .*\/var\/lib\/etcd-backup .*\/var\/lib\/etcd\/scratch\b/);
  }
});
