import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Message, Messages } from './messages.ts';
import { renderPage, type Identity } from './page.ts';
import { RedisAway } from './redis.ts';

const longestBody = 8 * 1024;
const longestMessage = 500;

/** What the web needs of the messages. */
type Store = Pick<Messages, 'known' | 'newest' | 'add' | 'primary' | 'replica'>;

interface Page {
  messages: readonly Message[];
  html: string;
  /** Names and values in turn: node:http writes such a list as it is. */
  headers: string[];
}

/** A pod that starts is given this long to read from Redis before it takes requests all the same. */
const startMilliseconds = 10_000;

/** A request that cannot be served as it is. */
class BadRequest extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The guestbook over HTTP. */
export class Web {
  readonly server: Server;
  readonly #identity: Identity;
  /** Headers that tell who answered. */
  readonly #signature: Readonly<Record<string, string>>;
  readonly #messages: Store;
  readonly #patientUntil: number;
  #hasStarted = false;
  #draining = false;
  #requests = 0;
  #open = 0;
  /** The page for these very messages: rendered once per read of Redis, not once per request. */
  #page: Page | undefined;

  constructor(identity: Identity, messages: Store, patienceMilliseconds = startMilliseconds) {
    this.#patientUntil = performance.now() + patienceMilliseconds;
    this.#identity = identity;
    this.#signature = { 'X-Pod': identity.pod, 'X-Version': identity.version };
    this.#messages = messages;
    this.server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.#requests += 1;
      if (!this.#servedAtOnce(request, response)) void this.#serve(request, response);
    });
    this.server.on('connection', (socket) => {
      this.#open += 1;
      socket.once('close', () => {
        this.#open -= 1;
      });
    });
  }

  /**
   * Ends without failing a request: connections that are open get their next answer with `Connection: close`, those
   * that stay silent are closed after `quietMilliseconds`, all that is left after `longestMilliseconds`.
   * No new ones should come: `preStop` has waited until the Service stopped sending them.
   */
  async drain(quietMilliseconds = 2000, longestMilliseconds = 6000): Promise<void> {
    this.#draining = true;
    const startedAt = performance.now();
    const passed = (): number => performance.now() - startedAt;
    while (this.#open > 0 && passed() < quietMilliseconds) await pause(20);
    const closed = new Promise<void>((resolve) => {
      // Closes silent connections too.
      this.server.close(() => {
        resolve();
      });
    });
    const cut = setTimeout(
      () => {
        this.server.closeAllConnections();
      },
      Math.max(0, longestMilliseconds - passed()),
    );
    await closed;
    clearTimeout(cut);
  }

  /** The page, where it is known what is on it: nearly every request of a crowd. Nothing has to be waited for. */
  #servedAtOnce(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.url !== '/' || request.method !== 'GET' || this.#draining) return false;
    const messages = this.#messages.known();
    if (!messages) return false;
    const { html, headers } = this.#pageOf(messages);
    response.writeHead(200, headers);
    response.end(html);
    return true;
  }

  #pageOf(messages: readonly Message[]): Page {
    if (this.#page?.messages !== messages) {
      const html = renderPage(this.#identity, messages);
      const headers = { ...this.#signature, ...headersOf(htmlType, html) };
      this.#page = { messages, html, headers: Object.entries(headers).flat() };
    }
    return this.#page;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(this.#signature)) response.setHeader(name, value);
    if (this.#draining) response.setHeader('Connection', 'close');
    try {
      await this.#answer(request, response);
    } catch (error) {
      if (response.headersSent) {
        response.destroy();
      } else if (error instanceof BadRequest) {
        // What is left of the request is not read.
        response.setHeader('Connection', 'close');
        sendJson(response, error.status, { error: error.message });
      } else {
        const away = error instanceof RedisAway;
        const code = away ? 'redis-away' : 'failed';
        sendJson(response, away ? 503 : 500, { error: code, message: error instanceof Error ? error.message : '' });
      }
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const path = url.replace(/\?.*$/, '');
    const reads = method === 'GET' || method === 'HEAD';
    if (path === '/api/messages' && method === 'POST') {
      await this.#write(request, response);
      return;
    }
    if (!(path in routes)) throw new BadRequest(404, `There is no ${path} here.`);
    if (!reads) throw new BadRequest(405, `${method} is not for ${path}.`);
    switch (path as keyof typeof routes) {
      case '/':
        await this.#sendPage(response);
        return;
      case '/api/messages':
        sendJson(response, 200, { messages: await this.#messages.newest() });
        return;
      case '/api/info':
        sendJson(response, 200, this.#info());
        return;
      case '/healthz':
        sendJson(response, 200, { alive: true });
        return;
      case '/readyz':
        await this.#sendReady(response);
        return;
    }
  }

  /**
   * Not ready before it could read from Redis once: a pod that has no connection yet would fail requests that its
   * neighbours can serve. From then on not ready while draining, and for no other reason. Were Redis one, its failure would
   * make every pod unready at once: the Service would have no endpoint, and people would see refused connections instead of
   * a page that says what is wrong. A pod that cannot do better than its neighbours should not leave them its work.
   */
  async #sendReady(response: ServerResponse): Promise<void> {
    this.#hasStarted ||= performance.now() >= this.#patientUntil || (await this.#canRead());
    const ready = this.#hasStarted && !this.#draining;
    sendJson(response, ready ? 200 : 503, { ready });
  }

  async #canRead(): Promise<boolean> {
    try {
      await this.#messages.newest();
      return true;
    } catch {
      return false;
    }
  }

  #info(): unknown {
    const { primary, replica } = this.#messages;
    const state = (connected: boolean | undefined): string => (connected ? 'connected' : 'away');
    return {
      ...this.#identity,
      redis: { primary: state(primary.connected), ...(replica ? { replica: state(replica.connected) } : {}) },
      requests: this.#requests,
      draining: this.#draining,
    };
  }

  async #sendPage(response: ServerResponse): Promise<void> {
    let html: string;
    let status = 200;
    try {
      html = this.#pageOf(await this.#messages.newest()).html;
    } catch (error) {
      if (!(error instanceof RedisAway)) throw error;
      status = 503;
      html = renderPage(this.#identity, undefined);
    }
    send(response, status, htmlType, html);
  }

  async #write(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const message = await this.#messages.add(messageIn(await bodyOf(request)));
    // A browser goes back to the page; a program gets what was stored.
    if (request.headers.accept?.includes('text/html')) {
      response.setHeader('Location', '/');
      send(response, 303, 'text/plain', '');
    } else {
      sendJson(response, 201, message);
    }
  }
}

const routes = { '/': 1, '/api/messages': 1, '/api/info': 1, '/healthz': 1, '/readyz': 1 };

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > longestBody) throw new BadRequest(413, `A request may have ${longestBody} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function messageIn(body: string): string {
  // By its look, not by its type: `curl --data` says that JSON is a form.
  const value: unknown = body.startsWith('message=') ? new URLSearchParams(body).get('message') : fieldOfJson(body);
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '') throw new BadRequest(400, 'Send a message: {"message": "hello"}.');
  if (text.length > longestMessage) throw new BadRequest(400, `A message may have ${longestMessage} characters.`);
  return text;
}

function fieldOfJson(body: string): unknown {
  try {
    return (JSON.parse(body) as { message?: unknown } | null)?.message;
  } catch {
    throw new BadRequest(400, 'This is not JSON. Send {"message": "hello"}.');
  }
}

const htmlType = 'text/html; charset=utf-8';

const headersOf = (type: string, body: string): Readonly<Record<string, string>> => ({
  'Content-Type': type,
  'Content-Length': String(Buffer.byteLength(body)),
  'Cache-Control': 'no-store',
});

const sendJson = (response: ServerResponse, status: number, value: unknown): void => {
  send(response, status, 'application/json', `${JSON.stringify(value)}\n`);
};

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, headersOf(type, body));
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
