import type { DrillFacts, Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { doubtOf, visit, type Visit } from '../02-run-an-app/visitor.ts';
import { runningContainers, type RunningContainer } from '../containers.ts';
import { bittenAt } from '../moments.ts';
import { isReadyNode, w2AndPods } from '../node-and-pods.ts';
import { sample, type Sample } from '../sampling.ts';

/** Pods of the guestbook, as its manifest has them. */
export const replicas = 4;

/** What the API server says at one moment. */
export interface Said {
  w2Ready: boolean;
  /** Pods of the guestbook on w1 that are Ready and that nobody has told to go. */
  readyOnW1: number;
}

/** What was seen while w2 had trouble with the API server. */
export interface Partition {
  /** Visits through each worker. */
  throughW1: readonly Visit[];
  throughW2: readonly Visit[];
  said: readonly Sample<Said>[];
  /** The guestbook's containers that run on w2, by the word of w2 itself. */
  onW2: readonly Sample<readonly RunningContainer[]>[];
}

/** Two visitors, the API server's word and the machine's own word, side by side. */
export const observePartition = async (lab: Lab, signal: AbortSignal): Promise<Partition> => {
  const [throughW1, throughW2, said, onW2] = await Promise.all([
    visit(lab, signal),
    visit(lab, signal, 'w2'),
    sample(signal, 0.5, () => askApiServer(lab)),
    sample(signal, 1, () => runningContainers(lab, 'w2', 'guestbook')),
  ]);
  return { throughW1, throughW2, said, onW2 };
};

async function askApiServer(lab: Lab): Promise<Said> {
  const { w2, ready } = await w2AndPods(lab);
  return { w2Ready: isReadyNode(w2), readyOnW1: ready.filter(({ spec }) => spec?.nodeName === 'w1').length };
}

/** @throws where nothing was observed. */
export function partitionIn({ observed }: DrillFacts): Partition {
  const seen = observed as Partition | undefined;
  if (!seen) throw new Error('nobody looked');
  return seen;
}

/** How many visits of those that were sent between two moments failed. @throws where nobody came. */
export function failedBetween(visits: readonly Visit[], from: number, to: number): { failed: number; sent: number } {
  const inside = visits.filter(({ sentAt }) => sentAt >= from && sentAt <= to);
  if (inside.length === 0) throw new Error('no visitor came meanwhile');
  return { failed: inside.filter(({ ok }) => !ok).length, sent: inside.length };
}

/**
 * How many visits through w1 fail, from the cut until its consequences were all seen.
 * @param expected what the page says for certain
 */
export const lostThroughW1 = (id: string, question: string, expected?: readonly string[]): Prediction => ({
  kind: 'choice',
  id,
  question,
  choices: [
    { value: 'none', says: 'none' },
    { value: 'few', says: 'some, at most a quarter' },
    { value: 'many', says: 'more than a quarter' },
  ],
  ...(expected ? { expected } : {}),
  measure(_lab, facts) {
    const { throughW1 } = facts.observed as Pick<Partition, 'throughW1'>;
    const { failed, sent } = failedBetween(throughW1, facts.startedAt, bittenAt(facts));
    const value = failed === 0 ? 'none' : failed <= sent / 4 ? 'few' : 'many';
    const saw = `${failed} of ${sent} visits through w1 failed`;
    return Promise.resolve({ value, saw, ...(expected?.includes(value) === false ? doubtOf(throughW1) : {}) });
  },
});
