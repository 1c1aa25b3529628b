import { encoded, prefixRange, stream } from './gateway.ts';
import { toKeyValue, whomToAsk, type AskOptions, type KeyValue } from './keys.ts';
import type { Place } from './place.ts';

export type WatchEvent =
  | { type: 'watching'; via: string }
  | ({ type: 'put' } & KeyValue)
  | { type: 'delete'; key: string; revision: number }
  /** The member ended the watch: too old a revision was asked for, or it lost its leader. */
  | { type: 'ended'; why: string };

interface Message {
  result?: {
    created?: boolean;
    canceled?: boolean;
    cancel_reason?: string;
    compact_revision?: string;
    events?: { type?: 'DELETE'; kv?: Parameters<typeof toKeyValue>[0] }[];
  };
  error?: { message?: string };
}

/** Tells of every change of a key, from now or from a revision on, until the signal ends it or the member does. */
export async function watch(
  place: Place,
  key: string,
  options: AskOptions & {
    prefix?: boolean;
    fromRevision?: number;
    signal: AbortSignal;
    onEvent: (event: WatchEvent) => void;
  },
): Promise<void> {
  const { signal, onEvent } = options;
  const machine = await whomToAsk(place, options);
  const range = options.prefix ? prefixRange(key) : { key: encoded(key) };
  const body = { create_request: { ...range, start_revision: options.fromRevision ?? 0 } };
  let ended: string | undefined;
  try {
    await stream(machine, '/v3/watch', body, {
      signal,
      onMessage: (message) => {
        const { result, error } = message as Message;
        if (result?.created) onEvent({ type: 'watching', via: machine.name });
        for (const { type, kv = {} } of result?.events ?? []) {
          const change = toKeyValue(kv);
          onEvent(
            type === 'DELETE'
              ? { type: 'delete', key: change.key, revision: change.revision }
              : { type: 'put', ...change },
          );
        }
        if (result?.canceled) {
          const compacted = result.compact_revision;
          ended =
            compacted === undefined || compacted === '0'
              ? (result.cancel_reason ?? 'the member ended it')
              : `what was before revision ${compacted} was compacted`;
        }
        if (error) ended = error.message ?? 'the member ended it';
      },
    });
  } catch (error) {
    ended ??= error instanceof Error ? error.message : String(error);
  }
  if (!signal.aborted) onEvent({ type: 'ended', why: ended ?? `${machine.name} went away` });
}
