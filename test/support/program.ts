import { join } from 'node:path';
import { execa } from 'execa';
import { checkoutFolder } from '../../scripts/system/folders.ts';

/** A lab of the tests' own: it leaves a lab that somebody works with alone. */
export const testLab = {
  name: 'firedrill-test',
  environment: {
    FIREDRILL_LAB: 'firedrill-test',
    FIREDRILL_SUBNET: '10.0.13.0/24',
    FIREDRILL_FIRST_PORT: '9400',
    NO_COLOR: '1',
    /** One folder for all files of tests: test/e2e/set-up.ts makes and removes it. */
    get XDG_STATE_HOME(): string {
      const folder = process.env['FIREDRILL_TEST_STATE'];
      if (folder === undefined) throw new Error('Only tests that begin with test/e2e/set-up.ts have a lab.');
      return folder;
    },
  },
};

export interface Ran {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Both, for messages of assertions. */
  all: string;
}

export const programPath = join(checkoutFolder, 'scripts', 'firedrill');

/** Runs the real program without a terminal, and returns what it said, whatever its exit code. */
export async function firedrill(args: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
  const result = await execa(programPath, args, {
    env: { ...testLab.environment, ...environment },
    reject: false,
    all: true,
    stdin: 'ignore',
  });
  return { exitCode: result.exitCode ?? 137, stdout: result.stdout, stderr: result.stderr, all: result.all };
}
