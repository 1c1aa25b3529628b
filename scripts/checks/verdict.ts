import type { Lab } from '../lab/lab.ts';

/** What a check found. Never a boolean: "not reached" and "could not tell" are different things. */
export type Verdict =
  | { kind: 'met'; saw: string }
  | {
      kind: 'unmet';
      saw: string;
      wanted: string;
      /** One sentence that helps, where the state itself suggests it. */ hint?: string;
    }
  | { kind: 'unknown'; why: string };

export const met = (saw: string): Verdict => ({ kind: 'met', saw });
export const unmet = (saw: string, wanted: string, hint?: string): Verdict =>
  hint === undefined ? { kind: 'unmet', saw, wanted } : { kind: 'unmet', saw, wanted, hint };
export const unknown = (why: string): Verdict => ({ kind: 'unknown', why });

/** A claim about the lab, and a look that tells whether it holds. A look changes nothing. */
export interface Check {
  /** The claim as a person would say it: "node w1 is NotReady". */
  claim: string;
  look(lab: Lab, signal?: AbortSignal): Promise<Verdict>;
}
