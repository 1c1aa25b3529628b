/** One thing that doctor looked at. */
export interface Finding {
  /** What was looked at: "docker engine". */
  name: string;
  /** `problem`: the lab cannot run. `warning`: it may, and something is not as it should be. */
  level: 'ok' | 'warning' | 'problem';
  saw: string;
  /** What to do; present where the level is not `ok`. */
  remedy?: string;
}

export const fine = (name: string, saw: string): Finding => ({ name, level: 'ok', saw });
export const warning = (name: string, saw: string, remedy: string): Finding => ({
  name,
  level: 'warning',
  saw,
  remedy,
});
export const problem = (name: string, saw: string, remedy: string): Finding => ({
  name,
  level: 'problem',
  saw,
  remedy,
});

/** The lab can run: there may be warnings. */
export const isReady = (findings: readonly Finding[]): boolean => findings.every(({ level }) => level !== 'problem');

export const runSetup = "Run 'npx firedrill setup': it does that, after asking.";
