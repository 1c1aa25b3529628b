import { expect, it } from 'vitest';
import { drain } from '../../scripts/lab/drain.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

const heldUp = 'the disruption budget guestbook in default needs 4 healthy pods, and there are 4: a cannot go';

/** kubectl as it ends, after the lines that it says; a budget that holds a pod up, or none. */
function labThat(ends: { exitCode: number; stderr: string; lines?: string[]; budget?: boolean }) {
  const ran: string[] = [];
  const labels = { app: 'guestbook' };
  const lists: Record<string, unknown[]> = {
    pods: [{ metadata: { name: 'a', namespace: 'default', labels } }],
    poddisruptionbudgets: [
      {
        metadata: { name: 'guestbook', namespace: 'default' },
        spec: { selector: { matchLabels: labels } },
        status: { disruptionsAllowed: ends.budget ? 0 : 1, desiredHealthy: 4, currentHealthy: 4 },
      },
    ],
  };
  const lab: Pick<Lab, 'onHost'> & { kubernetes: Pick<Lab['kubernetes'], 'get'> } = {
    onHost: (command, { onLine } = {}) => {
      ran.push(command);
      for (const line of ends.lines ?? []) onLine?.(line);
      return Promise.resolve({ stdout: '', stderr: ends.stderr, exitCode: ends.exitCode });
    },
    kubernetes: {
      get: <T>(path: string) =>
        Promise.resolve({ items: lists[/(\w+)(\?|$)/.exec(path)?.[1] ?? ''] ?? [] } as unknown as T),
    },
  };
  return { lab: lab as unknown as Lab, ran };
}

it.each([
  [false, 'kubectl drain w1 --ignore-daemonsets --delete-emptydir-data --timeout 60s'],
  [
    true,
    'kubectl drain w1 --ignore-daemonsets --delete-emptydir-data --timeout 60s --force --skip-wait-for-delete-timeout 10',
  ],
])('where pods may be lost (%s) it says so to kubectl, and what was lost', async (mayLose, command) => {
  const warning =
    'Warning: deleting Pods that declare no controller: default/a; ignoring DaemonSet-managed Pods: x/y\nnode/w1 drained';
  const { lab, ran } = labThat({ exitCode: 0, stderr: mayLose ? warning : '' });
  const lost = mayLose ? 'lost, as nothing replaces them: default/a' : undefined;
  expect(await drain(lab, 'w1', { withinSeconds: 60, mayLose })).toEqual({ kind: 'drained', lost });
  expect(ran).toEqual([command]);
});

it.each([[['error when evicting pods/"a" -n "default" (will retry after 5s)']], [[]]])(
  'names the budget that holds it up, while it tries or in the end: %j',
  async (lines) => {
    const told: string[] = [];
    const { lab } = labThat({ exitCode: 1, stderr: 'error: global timeout reached', lines, budget: true });
    const drained = await drain(lab, 'w1', { withinSeconds: 60, mayLose: true, onHeldUp: (by) => told.push(by) });
    expect(drained).toEqual({ kind: 'held-up', by: heldUp });
    expect(told[0]).toBe(heldUp);
  },
);

it('says what kubectl said where no budget is in the way', async () => {
  const { lab } = labThat({ exitCode: 1, stderr: 'node/w1 cordoned\nerror: connection refused\n' });
  expect(await drain(lab, 'w1', { withinSeconds: 60, mayLose: false })).toEqual({
    kind: 'failed',
    said: 'error: connection refused',
  });
});
