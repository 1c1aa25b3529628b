import { connect, type Socket } from 'node:net';
import { encodeCommand, RedisError, ReplyParser, type Reply } from './resp.ts';

/** Redis cannot be reached, or does not answer in time. */
export class RedisAway extends Error {}

interface Waiting {
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/** A Redis that has said nothing for this long is taken for gone. */
const answerMilliseconds = 1000;
const heartbeatMilliseconds = 1000;
const firstRetryMilliseconds = 100;
const lastRetryMilliseconds = 1000;

/**
 * One connection to one Redis. It is kept, and made again when it breaks: a request never waits for a new one, it is
 * told at once that Redis is away.
 */
export class RedisConnection {
  readonly address: string;
  #socket: Socket | undefined;
  #connected = false;
  #closed = false;
  #retryMilliseconds = firstRetryMilliseconds;
  #retry: NodeJS.Timeout | undefined;
  #waiting: Waiting[] = [];
  readonly #heartbeat: NodeJS.Timeout;

  /** @param address `host:port` */
  constructor(address: string) {
    this.address = address;
    this.#open();
    // Finds out about a machine that lost its power: its connections stay open and silent.
    this.#heartbeat = setInterval(() => {
      if (this.#connected) this.send(['PING']).catch(() => undefined);
    }, heartbeatMilliseconds);
    this.#heartbeat.unref();
  }

  get connected(): boolean {
    return this.#connected;
  }

  /**
   * Sends a command, and waits for its reply at most one second.
   * @throws RedisAway; RedisError, what Redis itself said.
   */
  async send(words: readonly string[]): Promise<Reply> {
    const socket = this.#socket;
    if (!socket || !this.#connected) throw new RedisAway(`Redis at ${this.address} is away.`);
    const reply = await new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#lose(`Redis at ${this.address} did not answer within ${answerMilliseconds} ms.`);
      }, answerMilliseconds);
      this.#waiting.push({ resolve, reject, timer });
      socket.write(encodeCommand(words));
    });
    if (reply instanceof RedisError) throw reply;
    return reply;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    clearTimeout(this.#retry);
    this.#lose('closed');
  }

  #open(): void {
    const colon = this.address.lastIndexOf(':');
    const [host, port] = [this.address.slice(0, colon), Number(this.address.slice(colon + 1))];
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    const parser = new ReplyParser();
    this.#socket = socket;
    socket.setTimeout(answerMilliseconds);
    // Only for connecting; afterwards each command has its own time.
    socket.once('timeout', () => socket.destroy(new Error('no connection in time')));
    socket.once('connect', () => {
      socket.setTimeout(0);
      this.#connected = true;
      this.#retryMilliseconds = firstRetryMilliseconds;
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const reply of parser.push(chunk)) this.#settle(reply);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (this.#socket === socket) this.#lose(`The connection to Redis at ${this.address} broke.`);
    });
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.shift();
    if (!waiting) return;
    clearTimeout(waiting.timer);
    waiting.resolve(reply);
  }

  /** Fails what waits, and connects again a little later. */
  #lose(why: string): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = undefined;
    this.#connected = false;
    socket.destroy();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(new RedisAway(why));
    }
    if (this.#closed) return;
    this.#retry = setTimeout(() => {
      this.#open();
    }, this.#retryMilliseconds);
    this.#retryMilliseconds = Math.min(this.#retryMilliseconds * 2, lastRetryMilliseconds);
  }
}
