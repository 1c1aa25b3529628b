import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { lostNodes, type LostNode } from '../../scripts/checks/evictions.ts';
import type { Prediction } from '../../scripts/course/model.ts';
import { cutTraffic } from '../../scripts/faults/cut-traffic.ts';
import type { Fault } from '../../scripts/faults/fault.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { visit, type Visit } from '../02-run-an-app/visitor.ts';
import { sample, type Sample } from '../sampling.ts';
import { bittenAt } from '../moments.ts';
import { lostThroughW1 } from './watching.ts';

export const mostWorkers = ['w2', 'w3', 'w4'] as const;

/**
 * Seconds after which all three would have lost their pods if nothing held Kubernetes back: it takes one node every 10 s
 * (`--node-eviction-rate`, default 0.1), and the pods of the last one go 20 s later.
 */
export const calmSeconds = 40;

/** One rule on one machine reaches all three: nothing is broken on the workers themselves. */
export const cutMost = (lab: Lab): Fault => ({
  ...cutTraffic(lab, { on: 'c1', peers: mostWorkers, tcpPort: 6443 }),
  title: `${mostWorkers.join(', ')} cannot reach the API server`,
});

interface Most {
  throughW1: readonly Visit[];
  nodes: readonly Sample<readonly LostNode[]>[];
}

export const observeMost = async (lab: Lab, signal: AbortSignal): Promise<Most> => {
  const [throughW1, nodes] = await Promise.all([
    visit(lab, signal),
    sample(signal, 1, async () => {
      const [all, pods] = await Promise.all([
        lab.kubernetes.get<{ items: V1Node[] }>('/api/v1/nodes'),
        lab.kubernetes.get<{ items: V1Pod[] }>('/api/v1/pods'),
      ]);
      return lostNodes(all.items, pods.items).filter(({ name }) => mostWorkers.some((one) => one === name));
    }),
  ]);
  return { throughW1, nodes };
};

const whoLosesPods: Prediction = {
  kind: 'choice',
  id: 'who-loses-pods',
  question: 'w2, w3 and w4 are cut off at the same moment. How many of the three lose their pods in the next minute?',
  choices: [
    { value: '3', says: 'all three: their pods start again on w1' },
    { value: '2', says: 'two' },
    { value: '1', says: 'one' },
    { value: '0', says: 'none' },
  ],
  // The first of the three may be given up before the third is noticed: that is a matter of moments.
  expected: ['0', '1'],
  measure(_lab, facts) {
    const { nodes } = facts.observed as Most;
    const last = nodes.findLast(({ from, to }) => from >= facts.startedAt && to <= bittenAt(facts));
    if (last?.saw.length !== mostWorkers.length) throw new Error('nobody looked at all three');
    const losing = last.saw.filter(({ losesPods }) => losesPods).map(({ name }) => name);
    const saw =
      losing.length === 0 ? 'all pods stayed where they were' : `the pods of ${losing.join(' and ')} were told to go`;
    return Promise.resolve({ value: String(losing.length), saw });
  },
};

export const mostBets: readonly Prediction[] = [
  whoLosesPods,
  lostThroughW1('most-visits', 'And how many visits to the guestbook through w1 fail meanwhile?'),
];
