/** What a person needs when something went wrong: what happened, and what to do now. */
export class FiredrillError extends Error {
  /** Short kebab-case name of the kind of failure, stable across versions. */
  readonly code: string;
  /** One or two sentences, or a command: what the reader can do now. */
  readonly remedy: string;
  /** 1 not reached, or not allowed as things are; 2 wrong usage; 3 could not run or could not tell. */
  readonly exitCode: 1 | 2 | 3;

  constructor(message: string, details: { code: string; remedy: string; cause?: unknown; exitCode?: 1 | 2 | 3 }) {
    super(message, { cause: details.cause });
    this.name = 'FiredrillError';
    this.code = details.code;
    this.remedy = details.remedy;
    this.exitCode = details.exitCode ?? 3;
  }
}

/** A server of the lab gave no whole answer: nobody listens, or not in time. */
export class ApiUnreachable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ApiUnreachable';
  }
}

/** The program was told to stop (Ctrl-C, SIGTERM, closed terminal). Exit code 130. */
export class Interrupted extends Error {
  constructor() {
    super('Interrupted.');
    this.name = 'Interrupted';
  }
}

/** The command ends here, with this exit code: what there is to say has been said. */
export class Ended extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('Ended.');
    this.name = 'Ended';
    this.exitCode = exitCode;
  }
}

/** The text of anything that was thrown, in one line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The text of anything that was thrown, and on a second line what to do where that is known. */
export const withRemedy = (error: unknown): string =>
  error instanceof FiredrillError ? `${error.message}\nWhat to do: ${error.remedy}` : messageOf(error);
