import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FiredrillError } from '../system/errors.ts';
import { checkoutFolder } from '../system/folders.ts';
import { run, shown, type CommandResult } from '../system/run.ts';

/** A lab of the bench's own, beside whichever is up: other name, network, ports and state. The bundle is shared. */
export const benchLab = { name: 'firedrill-bench', subnet: '10.0.14.0/24', firstPort: 10400 };

const program = join(checkoutFolder, 'scripts', 'firedrill');

/** Runs the program on the bench's lab. @throws FiredrillError `bench-failed` where it did not end well. */
export async function firedrill(args: readonly string[], signal: AbortSignal): Promise<CommandResult> {
  const result = await run(program, args, { signal });
  if (result.exitCode === 0) return result;
  throw new FiredrillError(
    `${shown('firedrill', args)} ended with ${result.exitCode}:\n${result.stdout}${result.stderr}`,
    {
      code: 'bench-failed',
      remedy: 'A number of a lab that does not work is worth nothing. Mend that first.',
    },
  );
}

/**
 * Points this process, and all that it starts, at the bench's lab and at a state folder that is gone afterwards; the
 * lab is destroyed whatever happens.
 */
export async function withBenchLab<T>(work: () => Promise<T>): Promise<T> {
  const state = await mkdtemp(join(tmpdir(), 'firedrill-bench-'));
  Object.assign(process.env, {
    FIREDRILL_LAB: benchLab.name,
    FIREDRILL_SUBNET: benchLab.subnet,
    FIREDRILL_FIRST_PORT: String(benchLab.firstPort),
    XDG_STATE_HOME: state,
    NO_COLOR: '1',
  });
  try {
    return await work();
  } finally {
    // Not with the caller's signal: after Ctrl-C too.
    await run(program, ['lab', 'destroy', '--yes']);
    await rm(state, { recursive: true, force: true });
  }
}
