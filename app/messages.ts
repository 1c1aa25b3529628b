import { RedisAway, RedisConnection } from './redis.ts';

export interface Message {
  text: string;
  /** ISO 8601, by the clock of the pod that took it. */
  at: string;
}

const list = 'guestbook';
const kept = 1000;
const shownAtOnce = 50;

/** Reads answer from memory for this long: load on the page does not become load on Redis. */
const cacheMilliseconds = 100;

/**
 * While no Redis answers, what was read last is shown up to this age. It is time enough to find that a connection is
 * broken and to make another one: a Redis that was slow for a moment costs nobody a page.
 */
const staleMilliseconds = 5000;

interface Cached {
  messages: Promise<readonly Message[]>;
  until: number;
  /** What was read, once it has been. */
  known?: readonly Message[];
}

/** The guestbook's messages: written to the primary, read from the replica, or from the primary when that is away. */
export class Messages {
  readonly primary: RedisConnection;
  readonly replica: RedisConnection | undefined;
  #cached: Cached | undefined;
  #lastRead: { messages: readonly Message[]; at: number } | undefined;

  constructor(addresses: { primary: string; replica?: string | undefined }) {
    this.primary = new RedisConnection(addresses.primary);
    this.replica = addresses.replica === undefined ? undefined : new RedisConnection(addresses.replica);
  }

  /**
   * The newest messages, newest first; at most 100 ms old, plus what the replica lags behind. While no Redis answers,
   * those that were read last, at most 5 s ago.
   * @throws RedisAway where neither Redis has answered for longer.
   */
  newest(): Promise<readonly Message[]> {
    return (this.#fresh() ?? this.#cache(this.#read())).messages;
  }

  /** What `newest` would tell, where that needs no waiting. */
  known(): readonly Message[] | undefined {
    return this.#fresh()?.known;
  }

  /**
   * Stores a message. When it returns, the primary has written it to its log.
   * @throws RedisAway; RedisError.
   */
  async add(text: string): Promise<Message> {
    const message = { text, at: new Date().toISOString() };
    await this.primary.send(['LPUSH', list, JSON.stringify(message)]);
    await this.primary.send(['LTRIM', list, '0', String(kept - 1)]);
    // Who wrote through this pod reads it back from this pod.
    this.#cache(this.#readFrom(this.primary));
    return message;
  }

  close(): void {
    this.primary.close();
    this.replica?.close();
  }

  #fresh(): Cached | undefined {
    return this.#cached && performance.now() < this.#cached.until ? this.#cached : undefined;
  }

  #cache(read: Promise<readonly Message[]>): Cached {
    const cached: Cached = { messages: this.#remembered(read), until: performance.now() + cacheMilliseconds };
    this.#cached = cached;
    cached.messages.then(
      (messages) => {
        cached.known = messages;
      },
      () => {
        // A failure is not kept: the next request finds out whether Redis is back.
        if (this.#cached === cached) this.#cached = undefined;
      },
    );
    return cached;
  }

  /** What is being read, or, where it cannot be, what was read last. */
  async #remembered(read: Promise<readonly Message[]>): Promise<readonly Message[]> {
    try {
      const messages = await read;
      this.#lastRead = { messages, at: performance.now() };
      return messages;
    } catch (error) {
      const last = this.#lastRead;
      if (!(error instanceof RedisAway) || !last || performance.now() - last.at > staleMilliseconds) throw error;
      return last.messages;
    }
  }

  async #read(): Promise<readonly Message[]> {
    if (this.replica?.connected) {
      try {
        return await this.#readFrom(this.replica);
      } catch {
        // The replica is on its way out, or still loads its data: the primary knows as well.
      }
    }
    return this.#readFrom(this.primary);
  }

  async #readFrom(redis: RedisConnection): Promise<readonly Message[]> {
    const reply = await redis.send(['LRANGE', list, '0', String(shownAtOnce - 1)]);
    return (Array.isArray(reply) ? reply : []).map((item) => parseMessage(String(item)));
  }
}

/** A list may hold what somebody put there by hand with redis-cli: it is shown as it is. */
function parseMessage(item: string): Message {
  try {
    const value = JSON.parse(item) as Partial<Message> | null;
    if (typeof value?.text === 'string') return { text: value.text, at: value.at ?? '' };
  } catch {
    // Plain text.
  }
  return { text: item, at: '' };
}
