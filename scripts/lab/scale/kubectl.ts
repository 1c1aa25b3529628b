import { FiredrillError } from '../../system/errors.ts';
import { shown } from '../../system/run.ts';
import type { Lab } from '../lab.ts';

export interface KubectlOptions {
  signal?: AbortSignal | undefined;
  input?: string;
  /** Default 30 s. */
  timeoutSeconds?: number;
}

/**
 * Runs kubectl with the administrator's credentials, and returns what it printed.
 * @throws FiredrillError `kubectl-failed` with what it said.
 */
export async function kubectl(lab: Lab, words: readonly string[], options: KubectlOptions = {}): Promise<string> {
  const { signal, input, timeoutSeconds = 30 } = options;
  const result = await lab.onHost(shown('kubectl', words), { signal, input, timeoutSeconds });
  if (result.exitCode === 0) return result.stdout;
  throw new FiredrillError(`'kubectl ${words.slice(0, 3).join(' ')}' failed: ${result.stderr.trim()}`, {
    code: 'kubectl-failed',
    remedy: "Look with 'npx firedrill lab status' whether the API server answers, and run the same again: it goes on.",
  });
}
