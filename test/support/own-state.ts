import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A state folder of the tests' own, so that none of them touches the progress and the labs of whoever runs them. */
export async function setup(): Promise<() => Promise<void>> {
  const before = process.env['XDG_STATE_HOME'];
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-own-state-'));
  process.env['XDG_STATE_HOME'] = folder;
  return async () => {
    if (before === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = before;
    await rm(folder, { recursive: true, force: true });
  };
}
