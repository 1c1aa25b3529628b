import { parseArgs } from 'node:util';
import { FiredrillError } from '../system/errors.ts';

export interface SoakOptions {
  rounds: number;
  lab: string;
  /** Forget the rounds that have run. */
  again: boolean;
  /** Write the result into docs/soak.md. */
  write: boolean;
  /** One lesson, or one round. */
  only: number | undefined;
  /** Requests a second; undefined for those of the talk's slide. */
  rate: number | undefined;
  /** The lesson that a reset leads to; undefined for one that the dice choose. */
  to: string | undefined;
}

/** The words after a soak's name. @throws FiredrillError `bad-number`; TypeError for an unknown option. */
export function soakOptions(args: string[], defaultRounds: number): SoakOptions {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: String(defaultRounds) },
      lab: { type: 'string', default: process.env['FIREDRILL_LAB'] ?? 'firedrill' },
      again: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      only: { type: 'string' },
      rate: { type: 'string' },
      to: { type: 'string' },
    },
  });
  const { rounds, only, rate, to, ...others } = values;
  return {
    ...others,
    to,
    rounds: wholeNumber('--rounds', rounds),
    only: maybeWholeNumber('--only', only),
    rate: maybeWholeNumber('--rate', rate),
  };
}

const maybeWholeNumber = (name: string, text: string | undefined): number | undefined =>
  text === undefined ? undefined : wholeNumber(name, text);

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new FiredrillError(`${name} takes a whole number from 1 on, not '${text}'.`, {
    code: 'bad-number',
    remedy: `For example ${name} 10.`,
    exitCode: 2,
  });
}
