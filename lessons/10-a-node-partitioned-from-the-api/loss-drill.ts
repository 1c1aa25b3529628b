import type { Prediction } from '../../scripts/course/model.ts';
import { losePackets } from '../../scripts/faults/lose-packets.ts';
import type { Fault } from '../../scripts/faults/fault.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { notReadyAfter } from './cut-drill.ts';
import { bittenAt } from '../moments.ts';
import { failedBetween, partitionIn } from './watching.ts';

/**
 * Nineteen of twenty packets from w2 to the API server are lost, at the far end. The title does not say where, or which way.
 * With four of five the kubelet got a renewal of its lease through now and then: in one of four runs w2 had not been given
 * up after 90 s.
 */
export const loseOneWay = (lab: Lab): Fault => ({
  ...losePackets(lab, { on: 'c1', peers: ['w2'], direction: 'in', tcpPort: 6443, share: 0.95 }),
  title: 'something between w2 and the API server is wrong',
});

const hears: Prediction = {
  kind: 'choice',
  id: 'hears',
  question:
    "Kubernetes gives up on w2's pods once more. What do their containers do this time, before anybody mends anything?",
  choices: [
    { value: 'run', says: 'they run on, as before' },
    { value: 'stopped', says: 'they stop: w2 heard that it shall stop them' },
  ],
  measure(_lab, facts) {
    const { said, onW2 } = partitionIn(facts);
    const lastNotReady = said.findLast(({ saw }) => !saw.w2Ready);
    if (!lastNotReady) throw new Error('w2 was not seen NotReady');
    const last = onW2.findLast(({ to }) => to <= lastNotReady.to);
    if (!last || last.to < facts.startedAt) throw new Error('nobody looked at w2 meanwhile');
    const seconds = ((last.to - bittenAt(facts)) / 1000).toFixed(0);
    const saw = `${last.saw.length} ran ${seconds} s after the others had taken their place`;
    return Promise.resolve({ value: last.saw.length === 0 ? 'stopped' : 'run', saw });
  },
};

const visits: Prediction = {
  kind: 'choice',
  id: 'loss-visits',
  question: 'And how many visits through w2 fail, from the first lost packet until all is well again?',
  choices: [
    { value: 'none', says: 'none' },
    { value: 'some', says: 'some' },
    { value: 'most', says: 'most: nineteen of twenty, like the packets' },
  ],
  measure(_lab, facts) {
    const { failed, sent } = failedBetween(partitionIn(facts).throughW2, facts.startedAt, Infinity);
    const value = failed === 0 ? 'none' : failed <= sent / 2 ? 'some' : 'most';
    return Promise.resolve({ value, saw: `${failed} of ${sent} visits through w2 failed` });
  },
};

export const lossBets: readonly Prediction[] = [
  notReadyAfter(
    'loss-not-ready',
    'Nineteen of twenty packets from w2 to the API server get lost; none on the way back. After how many seconds is w2 NotReady?',
  ),
  hears,
  visits,
];
