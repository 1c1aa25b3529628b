import { request, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { Interrupted } from '../system/errors.ts';
import type { PlaygroundMachine } from './place.ts';

/** A member answered, and its answer was no. `code` is gRPC's: 11 out of range, 14 unavailable. */
export class Refused extends Error {
  readonly code: number | undefined;
  constructor(message: string, code: number | undefined) {
    super(message);
    this.code = code;
  }
}

export interface CallOptions {
  /** Default 2 s. */
  timeoutSeconds?: number;
  signal?: AbortSignal | undefined;
}

/**
 * One call of a member's JSON gateway, such as `/v3/kv/range`. 64-bit numbers are strings, zeros are left out, keys and
 * values are base64 (https://etcd.io/docs/v3.6/dev-guide/api_grpc_gateway/).
 * @throws Refused where it answered with an error; Error where it did not answer in time; Interrupted.
 */
export async function call(
  machine: PlaygroundMachine,
  path: string,
  body: unknown,
  { timeoutSeconds = 2, signal }: CallOptions = {},
): Promise<unknown> {
  const limit = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    const answer = await send(machine, path, body, signal ? AbortSignal.any([signal, limit]) : limit);
    let text = '';
    for await (const part of answer.setEncoding('utf8')) text += part as string;
    const parsed = JSON.parse(text) as { message?: string; code?: number };
    if (answer.statusCode !== 200) throw new Refused(parsed.message ?? `HTTP ${answer.statusCode ?? 0}`, parsed.code);
    return parsed;
  } catch (error) {
    if (signal?.aborted) throw new Interrupted();
    if (limit.aborted) throw new Error(`${machine.name} gave no answer within ${timeoutSeconds} s`, { cause: error });
    if (error instanceof Refused) throw error;
    throw new Error(`${machine.name} does not answer`, { cause: error });
  }
}

/** A call whose answer is a line of JSON at a time, until the signal ends it or the member does. */
export async function stream(
  machine: PlaygroundMachine,
  path: string,
  body: unknown,
  options: { signal: AbortSignal; onMessage: (message: unknown) => void },
): Promise<void> {
  const { signal, onMessage } = options;
  try {
    const answer = await send(machine, path, body, signal);
    for await (const line of createInterface({ input: answer })) if (line !== '') onMessage(JSON.parse(line));
  } catch (error) {
    if (signal.aborted) return;
    throw new Error(`${machine.name} went away`, { cause: error });
  }
}

const send = (machine: PlaygroundMachine, path: string, body: unknown, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: machine.port, path, method: 'POST', agent: false, signal };
    request(options, resolve).on('error', reject).end(JSON.stringify(body));
  });

export const encoded = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
export const decoded = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString('utf8');

/**
 * The range of all keys that begin with `prefix`, as etcd's API wants it: up to the prefix with its last byte raised
 * (https://etcd.io/docs/v3.6/learning/api/#key-ranges). An empty prefix is all keys.
 */
export function prefixRange(prefix: string): { key: string; range_end: string } {
  const bytes = [...Buffer.from(prefix, 'utf8')];
  const last = bytes.findLastIndex((byte) => byte < 0xff);
  if (last < 0) return { key: Buffer.from([0]).toString('base64'), range_end: Buffer.from([0]).toString('base64') };
  const end = [...bytes.slice(0, last), (bytes[last] ?? 0) + 1];
  return { key: encoded(prefix), range_end: Buffer.from(end).toString('base64') };
}
