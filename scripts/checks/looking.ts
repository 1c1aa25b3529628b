import type { Lab } from '../lab/lab.ts';
import { FiredrillError, messageOf } from '../system/errors.ts';
import { unknown, type Check, type Verdict } from './verdict.ts';

/** Seconds that one question inside a look may take. Short, because checks are asked again and again. */
export const lookSeconds = 3;

/** The API server as a look sees it. */
export interface ClusterView {
  /** The object at an API path, or undefined where the API server says that there is none (404). */
  get<T>(path: string): Promise<T | undefined>;
}

/**
 * A check that reads Kubernetes objects. An API server that does not answer, or refuses, gives `unknown`:
 * nobody can tell the state of what cannot be read.
 */
export function clusterCheck(claim: string, look: (cluster: ClusterView, lab: Lab) => Promise<Verdict>): Check {
  return {
    claim,
    async look(lab, signal) {
      const cluster: ClusterView = {
        async get<T>(path: string) {
          try {
            return await lab.kubernetes.get<T>(path, { timeoutSeconds: lookSeconds, signal });
          } catch (error) {
            if (statusOf(error) === 404) return undefined;
            throw error;
          }
        },
      };
      try {
        return await look(cluster, lab);
      } catch (error) {
        signal?.throwIfAborted();
        const status = statusOf(error);
        return unknown(
          status === undefined
            ? `the API server does not answer (${firstLine(messageOf(error))})`
            : `the API server answers ${status} (${firstLine(messageOf(error))})`,
        );
      }
    },
  };
}

/** A check that asks machines or programs. A failure of the asking itself, not of what was asked, gives `unknown`. */
export function machineCheck(claim: string, look: (lab: Lab, signal?: AbortSignal) => Promise<Verdict>): Check {
  return {
    claim,
    async look(lab, signal) {
      try {
        return await look(lab, signal);
      } catch (error) {
        signal?.throwIfAborted();
        const hint = error instanceof FiredrillError ? '' : ' (unexpected)';
        return unknown(firstLine(messageOf(error)) + hint);
      }
    },
  };
}

/** The HTTP status in an error of the Kubernetes client, or undefined where nothing answered. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof Error && 'status' in error && typeof error.status === 'number') return error.status;
  return undefined;
}

/** etcdctl prints its log before the reason. */
export const lastLine = (text: string): string =>
  text
    .trim()
    .split('\n')
    .at(-1)
    ?.replace(/^Error: /, '') ?? '';

export const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? 'none';
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

/** `1 pod`, `2 pods`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
