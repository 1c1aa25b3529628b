import { spawn, type ChildProcess } from 'node:child_process';
import { endsWithUs } from '../../system/lifeline.ts';
import { ResultReader, type Result } from './results.ts';
import { answerSeconds } from './second.ts';
import { Tail } from './tail.ts';
import type { Visitors } from './visitors.ts';

/**
 * Milliseconds between two reads. vegeta writes each result by itself: whoever reads at once wakes up thousands of times
 * a second.
 */
const readEveryMilliseconds = 20;
/**
 * Seconds after which a generator ends by itself. It is replaced before: see succession.ts. Its results need some 300 bytes
 * each on the disk until then.
 */
const longestSeconds = 90;

export interface GeneratorOptions {
  /** Path of vegeta. */
  program: string;
  /** Requests a second. */
  rate: number;
  visitors: Visitors;
  onResult: (result: Result) => void;
}

/** How a generator ended: by itself or by a signal, and what it said last. */
export interface GeneratorEnd {
  says: string;
}

/**
 * One `vegeta attack`, open loop: a request goes out when it is due, however slow the answers are. It reads its targets
 * from a pipe at its start, and writes its results into a file: in a pipe, 170 of them have room, and at 8,000 requests a
 * second it stood still whenever this program was late by 20 ms. If this program is killed, so is the generator.
 */
export class Generator {
  /** Resolves when it has ended and all its results were taken. Never rejects. */
  readonly ended: Promise<GeneratorEnd>;
  private readonly child: ChildProcess;

  /** @throws Error where there is no room for its results. */
  constructor({ program, rate, visitors, onResult }: GeneratorOptions) {
    const results = new Tail();
    this.child = spawn(program, attackArguments(rate, visitors), {
      stdio: ['pipe', results.fd, 'pipe'],
      // Nothing of this environment: a proxy that it names is not for these requests.
      env: {},
      // Ctrl-C in the terminal is for the program: it lets requests that are under way end.
      detached: true,
    });
    this.ended = follow(this.child, results, onResult);
    this.child.stdin?.on('error', () => undefined);
    this.child.stdin?.end(visitors.targets);
  }

  /** No request goes out any more; those under way end. */
  stop(): void {
    this.child.kill('SIGINT');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

export function attackArguments(rate: number, { connectTo, connectionsEach }: Visitors): string[] {
  return [
    'attack',
    `-rate=${rate}/s`,
    `-duration=${longestSeconds}s`,
    `-timeout=${answerSeconds}s`,
    // Enough for all that can be unanswered at once; with fewer, requests would wait for each other.
    `-max-workers=${rate * (answerSeconds + 1) + 100}`,
    `-max-connections=${connectionsEach}`,
    '-redirects=-1',
    '-max-body=0',
    '-http2=false',
    // No name is looked up: see `connectTo`.
    '-dns-ttl=-1',
    ...connectTo.flatMap((mapping) => ['-connect-to', mapping]),
  ];
}

async function follow(child: ChildProcess, results: Tail, onResult: (result: Result) => void): Promise<GeneratorEnd> {
  const reader = new ResultReader(onResult);
  let says = '';
  const { promise, resolve } = Promise.withResolvers<GeneratorEnd>();
  child.once('error', ({ message }) => {
    resolve({ says: message });
  });
  child.once('close', (code, signal) => {
    resolve({ says: says.trim() || `it ended with ${signal ?? String(code)}` });
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    says = `${says}${chunk.toString()}`.slice(-300);
  });
  let isReadable = true;
  const read = (): void => {
    if (!isReadable) return;
    try {
      results.drain((chunk) => {
        reader.push(chunk);
      });
    } catch (error) {
      isReadable = false;
      says = error instanceof Error ? error.message : String(error);
      child.kill('SIGKILL');
    }
  };
  const reading = setInterval(read, readEveryMilliseconds);
  const release = child.pid === undefined ? undefined : endsWithUs(child.pid);
  const end = await promise;
  release?.();
  clearInterval(reading);
  read();
  results.close();
  return end;
}
