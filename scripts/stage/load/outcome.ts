import type { Result } from './results.ts';
import { answerSeconds } from './second.ts';

/** How a request failed. `unsent`: this computer could not even send it, which says nothing about the app. */
export type Failure = 'refused' | 'reset' | 'unreachable' | 'unanswered' | 'unsent' | 'other' | `HTTP ${number}`;

/** What Go's HTTP client says (net, net/http and syscall), by what it means. The first that fits counts. */
const meanings: readonly [RegExp, Failure][] = [
  [/too many open files|cannot assign requested address|no buffer space/, 'unsent'],
  [/deadline exceeded|Client\.Timeout|i\/o timeout|connection timed out/, 'unanswered'],
  [/connection refused/, 'refused'],
  [/no route to host|network is unreachable|host is down/, 'unreachable'],
  [/reset by peer|broken pipe|EOF|server closed idle connection/, 'reset'],
];

/**
 * How a request failed, or undefined where it was answered with 2xx in time.
 * @param waitedMs milliseconds from when it was due until it was over
 */
export function failureOf({ code, error }: Pick<Result, 'code' | 'error'>, waitedMs: number): Failure | undefined {
  if (code === 0) return meanings.find(([pattern]) => pattern.test(error))?.[1] ?? 'other';
  if (code < 200 || code > 299) return `HTTP ${code}`;
  return waitedMs > answerSeconds * 1000 ? 'unanswered' : undefined;
}
