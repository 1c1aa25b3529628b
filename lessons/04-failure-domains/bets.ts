import type { V1Node } from '@kubernetes/client-node';
import { etcdLeader, someEtcdLeader } from '../../scripts/checks/etcd.ts';
import type { DrillFacts, Prediction } from '../../scripts/course/model.ts';
import { isTrue } from '../../scripts/lab/conditions.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { visit, visitsIn, type Visit } from '../02-run-an-app/visitor.ts';
import { sample, type Sample } from '../sampling.ts';

type Choice = Extract<Prediction, { kind: 'choice' }>;

/** What was seen while the rack was dark. */
export interface Darkness {
  visits: readonly Visit[];
  nodes: readonly Sample<{ w2Ready: boolean }>[];
  leaders: readonly Sample<string | undefined>[];
}

export const observeDarkness = async (lab: Lab, signal: AbortSignal): Promise<Darkness> => {
  const [visits, nodes, leaders] = await Promise.all([
    visit(lab, signal),
    sample(signal, 0.5, async () => {
      const node = await lab.kubernetes.get<V1Node>('/api/v1/nodes/w2', { timeoutSeconds: 1, signal });
      return { w2Ready: isTrue(node.status?.conditions, 'Ready') };
    }),
    sample(signal, 0.5, () => etcdLeader(lab)),
  ]);
  return { visits, nodes, leaders };
};

/** Visits from the power cut until its consequences were all seen: before anybody could switch it on again. */
function visitsInTheDark({ observed, startedAt, bittenAt, metAt }: DrillFacts): readonly Visit[] {
  const { visits } = (observed as Darkness | undefined) ?? { visits: undefined };
  const inside = visitsIn(visits).filter(({ sentAt }) => sentAt >= startedAt && sentAt <= (bittenAt ?? metAt));
  if (inside.length === 0) throw new Error('no visitor came while the rack was dark');
  return inside;
}

const failedOf = (visits: readonly Visit[]): number => visits.filter(({ ok }) => !ok).length;

const lostVisits = (id: string, question: string, expected: 'half' | 'most'): Choice => ({
  kind: 'choice',
  id,
  question,
  choices: [
    { value: 'none', says: 'none' },
    { value: 'few', says: 'up to a quarter' },
    { value: 'half', says: 'a quarter to three quarters' },
    { value: 'most', says: 'more than three quarters' },
  ],
  expected: [expected],
  measure(_lab, facts) {
    const visits = visitsInTheDark(facts);
    const failed = failedOf(visits);
    const share = failed / visits.length;
    const value = failed === 0 ? 'none' : share <= 0.25 ? 'few' : share <= 0.75 ? 'half' : 'most';
    return Promise.resolve({ value, saw: `${failed} of ${visits.length} visits failed` });
  },
});

/**
 * Seconds until a lost node is NotReady. The page says 16: up to 4 of them may be over when the power is cut, and some more
 * when that is proven. They begin anew where the controller-manager lost its own lease to the election in etcd.
 */
const grace = { from: 5, to: 60 };
/** The pods' 20 s of toleration come after the grace, and then others start. */
const graceAndToleration = { from: 20, to: 120 };

const troubleSeconds = (id: string, question: string, expected: typeof grace): Prediction => ({
  kind: 'seconds',
  id,
  question,
  expected,
  measure(_lab, facts) {
    const bad = visitsInTheDark(facts).filter(({ ok }) => !ok);
    const [first, last] = [bad[0], bad.at(-1)];
    const seconds = first && last ? (last.sentAt - first.sentAt) / 1000 : 0;
    return Promise.resolve({ seconds, errorSeconds: 0.1, saw: `${bad.length} visits failed in that time` });
  },
});

const noticed: Prediction = {
  kind: 'seconds',
  id: 'noticed',
  question: "From the power cut until 'kubectl get nodes' says that w2 is NotReady: how many seconds?",
  expected: grace,
  measure(_lab, { observed, startedAt }) {
    const looks = ((observed as Darkness | undefined)?.nodes ?? []).filter(({ to }) => to >= startedAt);
    const index = looks.findIndex(({ saw }) => !saw.w2Ready);
    const [before, first] = [looks[index - 1], looks[index]];
    if (!first) throw new Error('nobody saw w2 NotReady');
    return Promise.resolve({
      seconds: (first.to - startedAt) / 1000,
      errorSeconds: (first.to - (before?.from ?? startedAt)) / 1000,
      saw: 'w2 was NotReady',
    });
  },
};

/** Who led etcd when the rack was still bright. It is forgotten with the process. */
let leaderBefore: string | undefined;

export const rememberLeader = async (lab: Lab): Promise<void> => {
  leaderBefore = await someEtcdLeader(lab);
};

const etcdInTheDark: Prediction = {
  kind: 'choice',
  id: 'etcd',
  question: 'One etcd member is in rack b. What does etcd do?',
  choices: [
    { value: 'on', says: 'it goes on, after an election if that member led' },
    { value: 'none', says: 'it has no leader, until the member is back' },
  ],
  expected: ['on'],
  measure(_lab, { observed, startedAt, bittenAt, metAt }) {
    const looks = (observed as Darkness | undefined)?.leaders ?? [];
    const before = leaderBefore;
    const during = looks.filter(({ from, to }) => from >= startedAt && to <= (bittenAt ?? metAt));
    // One look may come too late: the last that saw one counts, and nobody leads where none did.
    const after = during.findLast(({ saw }) => saw !== undefined) ?? during.at(-1);
    if (before === undefined || !after) throw new Error('nobody saw who led');
    if (after.saw === undefined)
      return Promise.resolve({ value: 'none', saw: `${before} led before, and nobody after` });
    const saw = after.saw === before ? `${before} led before and after` : `${before} led before, ${after.saw} after`;
    return Promise.resolve({ value: 'on', saw });
  },
};

/** Visits that failed in the first loss, for the comparison. It is forgotten with the process. */
let firstLoss: number | undefined;

const remembered = (prediction: Choice): Choice => ({
  ...prediction,
  measure(lab, facts) {
    firstLoss = failedOf(visitsInTheDark(facts));
    return prediction.measure(lab, facts);
  },
});

const compared: Prediction = {
  kind: 'choice',
  id: 'compared',
  question: 'Compared with the first time, how many visits fail?',
  choices: [
    { value: 'none', says: 'none at all' },
    { value: 'fewer', says: 'less than half as many' },
    { value: 'same', says: 'half as many, or more' },
  ],
  expected: ['fewer'],
  measure(_lab, facts) {
    const failed = failedOf(visitsInTheDark(facts));
    if (firstLoss === undefined) throw new Error('the first loss was measured in another run of this program');
    const value = failed === 0 ? 'none' : failed < firstLoss / 2 ? 'fewer' : 'same';
    return Promise.resolve({ value, saw: `${firstLoss} visits failed the first time, ${failed} the second time` });
  },
};

export const firstBets: readonly Prediction[] = [
  remembered(
    lostVisits('lost-visits', 'How many visits fail, from the power cut until the guestbook runs elsewhere?', 'most'),
  ),
  troubleSeconds('trouble', 'For how many seconds do visits fail, if nobody does anything?', graceAndToleration),
  noticed,
  etcdInTheDark,
];

export const secondBets: readonly Prediction[] = [
  lostVisits(
    'lost-visits-spread',
    'How many visits fail now, from the power cut until Kubernetes has noticed?',
    'half',
  ),
  troubleSeconds('trouble-spread', 'And for how many seconds do some visits fail?', grace),
  compared,
];
