import type { Prediction } from '../course/model.ts';
import { FiredrillError } from '../system/errors.ts';

/** Seconds that count as the bet where nobody can be asked. */
const unaskedSeconds = '10';

/** The bet that is taken where nobody can be asked: the first choice, or 10 s. */
export function unaskedBet(prediction: Prediction): { value: string; says: string } {
  if (prediction.kind === 'seconds') return { value: unaskedSeconds, says: `${unaskedSeconds} s` };
  const [first] = prediction.choices;
  return first ?? { value: '', says: '(there are no choices)' };
}

/** @throws FiredrillError `no-terminal` always: a shell needs somebody to type. */
export const noTerminal = (): Promise<never> =>
  Promise.reject(
    new FiredrillError('A shell needs a terminal, and there is none.', {
      code: 'no-terminal',
      remedy: "Run the same in a terminal, without --auto, --yes and --json; or use 'npx firedrill lab ssh M -- CMD'.",
      exitCode: 2,
    }),
  );
