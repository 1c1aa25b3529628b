import { FiredrillError, Interrupted, messageOf } from '../system/errors.ts';
import type { Lab } from '../lab/lab.ts';
import type { DrillFacts, Page, Prediction } from './model.ts';
import type { LessonRun } from './run.ts';
import type { CourseEvent } from './ui.ts';

/** What was said to each prediction, by its id. */
export type Bets = ReadonlyMap<string, string>;

/**
 * Asks each prediction of a page, but for those on which somebody has bet before, in a terminal that was closed meanwhile.
 * Where nobody can be asked, the Ui says which bet it takes instead.
 */
export async function takeBets(
  predictions: readonly Prediction[],
  page: Page,
  { ui, betsBefore }: LessonRun,
): Promise<Bets> {
  const bets = new Map<string, string>();
  const before = ui.interactive ? betsBefore?.(page) : undefined;
  for (const prediction of predictions) {
    const { id, question } = prediction;
    const kept = before?.[id];
    const says = kept === undefined ? undefined : inWords(kept, prediction);
    if (kept !== undefined && says !== undefined) {
      ui.emit({ type: 'note', text: `Your bet stands: ${question} ${says}` });
      bets.set(id, kept);
      continue;
    }
    const said = await ui.predict(prediction);
    bets.set(id, said);
    if (ui.interactive) ui.emit({ type: 'bet', id, said });
  }
  return bets;
}

/** Undefined where the prediction has no such answer, for example as its page was changed. */
function inWords(bet: string, prediction: Prediction): string | undefined {
  if (prediction.kind === 'choice') return prediction.choices.find(({ value }) => value === bet)?.says;
  const seconds = secondsIn(bet);
  return seconds === undefined ? undefined : `${seconds} s`;
}

/**
 * Measures each prediction and emits it beside the bet. One that cannot be measured is said, and is no score.
 * What a step observes is measured, and not the flight recorder's timeline: a sampler that looks at one thing is finer
 * than probes that look at all, it begins with the step, and author-check, which records nothing, proves it as well.
 */
export async function scoreBets(
  predictions: readonly Prediction[],
  bets: Bets,
  facts: DrillFacts,
  lab: Lab,
  emit: (event: CourseEvent) => void,
): Promise<void> {
  for (const prediction of predictions) {
    try {
      const score = await untilTold(() => measured(prediction, bets.get(prediction.id), facts, lab));
      emit({ type: 'prediction-scored', question: prediction.question, ...score });
    } catch (error) {
      emit({ type: 'note', text: `Not measured: ${prediction.question} (${messageOf(error)})` });
    }
  }
}

/** Times that a bet is measured which could not be: the lab may be late. Whatever was measured counts. */
const tries = 3;

async function untilTold<T>(measure: () => Promise<T>): Promise<T> {
  for (let left = tries - 1; ; left -= 1) {
    try {
      return await measure();
    } catch (error) {
      const hasWaited = error instanceof FiredrillError && error.code === 'waited-in-vain';
      if (left === 0 || hasWaited || error instanceof Interrupted) throw error;
    }
  }
}

interface Score {
  said: string;
  measured: string;
  saw: string;
  right: boolean | undefined;
  unexpected?: string;
  doubt?: string;
}

async function measured(prediction: Prediction, bet: string | undefined, facts: DrillFacts, lab: Lab): Promise<Score> {
  if (prediction.kind === 'choice') {
    const { value, saw, doubt } = await prediction.measure(lab, facts);
    const says = (wanted: string): string =>
      prediction.choices.find((choice) => choice.value === wanted)?.says ?? wanted;
    return {
      said: bet === undefined ? 'no bet' : says(bet),
      measured: says(value),
      saw,
      right: bet === undefined ? undefined : bet === value,
      ...(prediction.expected?.includes(value) === false
        ? { unexpected: prediction.expected.map(says).join(', or: ') }
        : {}),
      ...(doubt === undefined ? {} : { doubt }),
    };
  }
  const { seconds, errorSeconds, saw } = await prediction.measure(lab, facts);
  const { expected } = prediction;
  const guess = bet === undefined ? undefined : secondsIn(bet);
  return {
    said: guess === undefined ? (bet ?? 'no bet') : `${guess} s`,
    measured: `${rounded(seconds)} s (± ${rounded(errorSeconds)} s)`,
    saw,
    right: guess === undefined ? undefined : isClose(guess, seconds, errorSeconds),
    ...(expected && (seconds + errorSeconds < expected.from || seconds - errorSeconds > expected.to)
      ? { unexpected: `${expected.from} to ${expected.to} s` }
      : {}),
  };
}

/** A bet in seconds is right within a quarter of what was measured, or one second, and the error of the measurement. */
export const isClose = (guess: number, seconds: number, errorSeconds: number): boolean =>
  Math.abs(guess - seconds) <= Math.max(1, seconds / 4) + errorSeconds;

/** The seconds in an answer such as `30`, `1.5 s` or `2,5`; undefined where there is no number. */
export function secondsIn(answer: string): number | undefined {
  const found = /\d+(?:[.,]\d+)?/.exec(answer)?.[0];
  return found === undefined ? undefined : Number(found.replace(',', '.'));
}

const rounded = (seconds: number): string => (seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0));
