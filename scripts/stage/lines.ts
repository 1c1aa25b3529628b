import { duration } from '../ui/look.ts';
import { harmless } from '../ui/wrap.ts';
import type { StageEvent } from './event.ts';
import { lateShare } from './load/second.ts';
import { notExplained, type Summary } from './summary.ts';
import type { StageView } from './view.ts';
import { amount, clock, healthyWord, milliseconds, percent } from './words.ts';

/** A second of the stage as one line, for logs and where nothing can be drawn twice. */
export function secondLine(view: StageView): string {
  const { at, perSecond, failed, failedLately, p50Ms, p99Ms, healthy, warning } = view;
  return [
    clock(at),
    `${amount(perSecond)}/s`,
    `failed ${amount(failed)} (last 10 s: ${amount(failedLately)})`,
    `p50 ${milliseconds(p50Ms)}`,
    `p99 ${milliseconds(p99Ms)}`,
    `healthy: ${healthyWord(healthy)}`,
    ...(warning === undefined ? [] : [`WARNING: ${warning}`]),
  ].join('  ');
}

export const eventLine = ({ at, says }: Pick<StageEvent, 'at' | 'says'>): string => `${clock(at)}  * ${harmless(says)}`;

/** A run in sentences. */
export function summaryLines(summary: Summary): string[] {
  const { rate, seconds, requests, answered, failed, unhealthySeconds, unknownSeconds, late, unheard } = summary;
  if (requests + unheard === 0) return ['No request was sent.'];
  const lines = [
    `${amount(requests)} requests in ${duration(seconds)} (${amount(rate)} a second were asked for).`,
    `Answered: ${amount(answered)}. Failed: ${amount(failed)}.`,
    ...causeLines(summary),
    ...(unheard === 0
      ? []
      : [`About ${amount(unheard)} more were under way at the end: nobody waited for their answers.`]),
    `Not healthy: ${duration(unhealthySeconds)}.${unknownSeconds === 0 ? '' : ` Nobody can tell: ${duration(unknownSeconds)}.`}`,
    `99 of 100 answers came within ${milliseconds(summary.p99Ms)} in half of the seconds, and within ` +
      `${milliseconds(summary.worstP99Ms)} in the slowest.`,
    `Half of them came within ${milliseconds(summary.p50Ms)}.`,
  ];
  if (late > requests * lateShare) {
    lines.push(
      `${amount(late)} requests left too late or not at all: the generator was the limit, not the app.`,
      'Ask for fewer with --rate.',
    );
  }
  const pods = Object.entries(summary.pods).toSorted(([, one], [, other]) => other - one);
  if (pods.length > 0) {
    lines.push('Answers by pod:', ...pods.map(([pod, share]) => `  ${percent(share).padStart(4)}  ${harmless(pod)}`));
  }
  return lines;
}

const causeLines = ({ causes }: Summary): string[] =>
  causes.map(({ says, failed }) => `  ${amount(failed).padStart(9)}  ${says === notExplained ? says : harmless(says)}`);
