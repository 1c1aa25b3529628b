import type { Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { amount } from '../../scripts/stage/words.ts';
import { readShift, type Part } from './shift.ts';

/** @throws where no step was under load: then there is nothing to grade. */
async function shiftOf(lab: Lab): Promise<readonly Part[]> {
  const parts = await readShift(lab);
  if (parts.reduce((sum, { requests }) => sum + requests, 0) === 0)
    throw new Error('no request was sent in this shift');
  return parts;
}

const total = (parts: readonly Part[], of: (part: Part) => number): number =>
  parts.reduce((sum, part) => sum + of(part), 0);

const lostByWork: Prediction = {
  kind: 'choice',
  id: 'lost-by-work',
  question: 'In your whole shift, how many requests failed because of your work, or for no reason that was seen?',
  choices: [
    { value: 'none', says: 'none' },
    { value: 'few', says: 'up to ten' },
    { value: 'more', says: 'more than ten' },
  ],
  expected: ['none'],
  async measure(lab) {
    const parts = await shiftOf(lab);
    const [planned, unplanned, unexplained] = (['planned', 'unplanned', 'unexplained'] as const).map((why) =>
      total(parts, ({ failed }) => failed[why]),
    ) as [number, number, number];
    // What nothing explains counts as yours: somebody has to find out.
    const yours = planned + unexplained;
    const value = yours === 0 ? 'none' : yours <= 10 ? 'few' : 'more';
    const open = unexplained === 0 ? '' : ` (${amount(unexplained)} of them not explained)`;
    const saw =
      `${amount(yours)} of ${amount(total(parts, ({ requests }) => requests))} requests${open}, ` +
      `and ${amount(unplanned)} because of what broke`;
    // Where each of them may have failed because this computer was too busy, none proves bad work.
    const doubtful = total(parts, ({ failed, failedWhileLate }) =>
      Math.min(failed.planned + failed.unexplained, Math.max(0, failedWhileLate - failed.unplanned)),
    );
    const doubt =
      yours > 0 && doubtful >= yours ? { doubt: 'the load generator itself was late when they failed' } : {};
    return { value, saw, ...doubt };
  },
};

const notHealthy: Prediction = {
  kind: 'seconds',
  id: 'not-healthy',
  question: 'For how many seconds of your shift was the app not healthy?',
  async measure(lab) {
    const parts = await shiftOf(lab);
    const seconds = total(parts, ({ unhealthySeconds }) => unhealthySeconds);
    const unknownSeconds = total(parts, (part) => part.unknownSeconds);
    const worst = parts.toSorted((one, other) => other.unhealthySeconds - one.unhealthySeconds)[0];
    const saw =
      seconds === 0 || !worst ? 'it was healthy all the time' : `${worst.unhealthySeconds} of them in '${worst.step}'`;
    return { seconds, errorSeconds: 1 + unknownSeconds, saw };
  },
};

const mistakes: Prediction = {
  kind: 'choice',
  id: 'mistakes',
  question: 'And how often did you break the rules of the shift?',
  choices: [
    { value: 'never', says: 'never' },
    { value: 'once', says: 'once' },
    { value: 'more', says: 'more often' },
  ],
  expected: ['never'],
  async measure(lab) {
    const found = (await shiftOf(lab)).flatMap((part) => part.mistakes);
    const value = found.length === 0 ? 'never' : found.length === 1 ? 'once' : 'more';
    return { value, saw: found.length === 0 ? 'the timeline shows nothing' : found.join('; ') };
  },
};

export const grade: readonly Prediction[] = [lostByWork, notHealthy, mistakes];
