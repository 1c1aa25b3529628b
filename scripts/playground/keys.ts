import { messageOf } from '../system/errors.ts';
import { call, decoded, encoded, prefixRange } from './gateway.ts';
import { machineNamed, playgroundClosed, type Place, type PlaygroundMachine } from './place.ts';
import { lookForLeader, orderToAsk } from './ring.ts';

/** Seconds that an operation may take until it counts as not answered. */
export const patienceSeconds = 5;

export interface KeyValue {
  key: string;
  value: string;
  /** How often it was written since it was created. */
  version: number;
  /** Revision of its last change. */
  revision: number;
  /** Hexadecimal id of the lease that it hangs on. */
  lease?: string;
}

/** What came of one operation. One that etcd refuses or leaves open is an answer too, not an error of the program. */
export interface Answer {
  ok: boolean;
  /** In words: "written at revision 12", or why not. */
  said: string;
  milliseconds: number;
  /** The member that was asked. */
  via: string;
  revision?: number;
  keys?: readonly KeyValue[];
  /** Keys deleted. */
  deleted?: number;
}

export interface AskOptions {
  /** The member to ask; one that can answer where none is named. */
  via?: string | undefined;
  signal?: AbortSignal | undefined;
}

interface Header {
  revision?: string;
}
interface RawKeyValue {
  key?: string;
  value?: string;
  version?: string;
  mod_revision?: string;
  lease?: string;
}

export const put = (place: Place, key: string, value: string, options: AskOptions = {}): Promise<Answer> =>
  ask(place, options, '/v3/kv/put', { key: encoded(key), value: encoded(value) }, (answer) => ({
    said: `written at revision ${revisionIn(answer)}`,
    revision: revisionIn(answer),
  }));

/** @param options `serializable`: content with what that one member has, which may be old. */
export const get = (
  place: Place,
  key: string,
  options: AskOptions & { prefix?: boolean; serializable?: boolean; revision?: number } = {},
): Promise<Answer> => {
  const range = options.prefix ? prefixRange(key) : { key: encoded(key) };
  const body = { ...range, serializable: options.serializable ?? false, revision: options.revision ?? 0, limit: 1000 };
  return ask(place, options, '/v3/kv/range', body, (answer) => {
    const { kvs = [], count = '0' } = answer as { kvs?: RawKeyValue[]; count?: string };
    const found = `${count} key${count === '1' ? '' : 's'}`;
    return {
      said: kvs.length === 0 ? 'no such key' : `${found}, read at revision ${revisionIn(answer)}`,
      revision: revisionIn(answer),
      keys: kvs.map(toKeyValue),
    };
  });
};

export const del = (place: Place, key: string, options: AskOptions & { prefix?: boolean } = {}): Promise<Answer> =>
  ask(place, options, '/v3/kv/deleterange', options.prefix ? prefixRange(key) : { key: encoded(key) }, (answer) => {
    const deleted = Number((answer as { deleted?: string }).deleted ?? 0);
    return {
      said: `${deleted} key${deleted === 1 ? '' : 's'} deleted at revision ${revisionIn(answer)}`,
      revision: revisionIn(answer),
      deleted,
    };
  });

/**
 * The member to ask: the one named, or the first in the order of `orderToAsk`.
 * @throws FiredrillError `playground-closed`, `unknown-member`.
 */
export async function whomToAsk(place: Place, { via, signal }: AskOptions): Promise<PlaygroundMachine> {
  if (via !== undefined && via !== 'leader') return machineNamed(place, via);
  const [found] = orderToAsk(await lookForLeader(place, { signal }));
  if (!found) throw playgroundClosed();
  return machineNamed(place, found.name);
}

async function ask(
  place: Place,
  options: AskOptions,
  path: string,
  body: unknown,
  read: (answer: unknown) => Omit<Answer, 'ok' | 'milliseconds' | 'via'>,
): Promise<Answer> {
  const machine = await whomToAsk(place, options);
  const startedAt = performance.now();
  const about = () => ({ milliseconds: Math.round((performance.now() - startedAt) * 10) / 10, via: machine.name });
  try {
    const answer = await call(machine, path, body, { timeoutSeconds: patienceSeconds, signal: options.signal });
    return { ok: true, ...about(), ...read(answer) };
  } catch (error) {
    options.signal?.throwIfAborted();
    return { ok: false, ...about(), said: messageOf(error) };
  }
}

const revisionIn = (answer: unknown): number => Number((answer as { header?: Header }).header?.revision ?? 0);

export const toKeyValue = ({ key, value, version, mod_revision: revision, lease }: RawKeyValue): KeyValue => ({
  key: decoded(key),
  value: decoded(value),
  version: Number(version ?? 0),
  revision: Number(revision ?? 0),
  ...(lease === undefined || lease === '0' ? {} : { lease: BigInt(lease).toString(16) }),
});
