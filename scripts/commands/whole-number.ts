import { InvalidArgumentError } from 'commander';

export interface Range {
  from: number;
  /** Default: as far as numbers are exact. */
  to?: number;
}

/**
 * Reads a whole number from a flag, for commander: it names the flag and what was given, and ends with 2.
 * @throws InvalidArgumentError with what is allowed, for anything but digits of a number in the range.
 */
export const wholeNumber =
  ({ from, to = Number.MAX_SAFE_INTEGER }: Range) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= from && number <= to) return number;
    const range = to === Number.MAX_SAFE_INTEGER ? `from ${from} on` : `from ${from} to ${to}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
