import { readFile } from 'node:fs/promises';
import { connect as connectPlain, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { ApiUnreachable } from '../system/errors.ts';
import { readAnswer, type Answer } from './http-answer.ts';

export interface HttpsRequest {
  /** Of a port of this computer. */
  port: number;
  path: string;
  /** For the whole answer, the connection included. */
  timeoutSeconds: number;
  signal?: AbortSignal | undefined;
  method?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | undefined;
}

/** Names of the files with credentials, in the lab's folder `pki`. */
export interface CredentialFiles {
  ca: string;
  cert: string;
  key: string;
}

/** What `node:tls` takes, read from those files. */
export async function readCredentials(
  labFolder: string,
  files: CredentialFiles,
): Promise<{ ca: Buffer; cert: Buffer; key: Buffer }> {
  const pem = (name: string) => readFile(join(labFolder, 'pki', name));
  const [ca, cert, key] = await Promise.all([pem(files.ca), pem(files.cert), pem(files.key)]);
  return { ca, cert, key };
}

const host = '127.0.0.1';
/** A timer that is so much too late tells that the whole process was. */
const standstillMilliseconds = 200;
/** A port that is published for a service that is down takes a connection, and ends it within this time. */
const endedWithinMilliseconds = 20;

/**
 * HTTPS over connections that are kept, to the lab's servers on ports of this computer, which all take the same credentials.
 * Why not Node's own client: probes send fifty requests a second, and may take a twentieth of a core. Each costs 0.6 to
 * 0.8 times what it does with Node (`npm run bench` compares them), and undici was no cheaper.
 */
export class KeptConnections {
  readonly #credentials: SecureContext;
  /** Those that wait for a request, by their port. */
  readonly #idle = new Map<number, TLSSocket[]>();
  /** The last session of each port: a server that remembers it spares both sides most of the handshake. */
  readonly #sessions = new Map<number, Buffer>();
  /** Ports whose last connection ended before it was secure. */
  readonly #silent = new Set<number>();

  private constructor(credentials: SecureContext) {
    this.#credentials = credentials;
  }

  static async of(labFolder: string, files: CredentialFiles): Promise<KeptConnections> {
    return new KeptConnections(createSecureContext(await readCredentials(labFolder, files)));
  }

  /** One request. Rejects with `ApiUnreachable` where there is no whole answer. */
  async ask(request: HttpsRequest): Promise<Answer> {
    const { port, timeoutSeconds, signal } = request;
    const socket = (this.#idle.get(port)?.pop() ?? (await this.#connect(port))).ref();
    return new Promise((resolve, reject) => {
      let bytes: Buffer | undefined;
      const late = (): void => {
        fail('no answer in time');
      };
      const limitMilliseconds = timeoutSeconds * 1000;
      const due = performance.now() + limitMilliseconds;
      const expire = (): void => {
        // Where this process stood still, an answer may lie in the socket: Node looks at its timers first. Granted once.
        const stoodStill = performance.now() - due;
        if (stoodStill < standstillMilliseconds) late();
        else limit = setTimeout(late, Math.min(stoodStill, limitMilliseconds));
      };
      let limit = setTimeout(expire, limitMilliseconds);
      const settle = (): void => {
        clearTimeout(limit);
        signal?.removeEventListener('abort', late);
        socket.off('data', hear).off('error', failWith).off('close', breakOff);
      };
      const fail = (why: string): void => {
        settle();
        socket.destroy();
        reject(new ApiUnreachable(why));
      };
      const failWith = (error: Error): void => {
        fail(isSecure(socket) ? error.message : whyNotConnected(error));
      };
      const breakOff = (): void => {
        fail('the answer broke off');
      };
      const hear = (chunk: Buffer): void => {
        bytes = bytes ? Buffer.concat([bytes, chunk]) : chunk;
        try {
          const answer = readAnswer(bytes);
          if (!answer) return;
          settle();
          if (answer.isKept) this.#keep(port, socket);
          else socket.destroy();
          resolve(answer);
        } catch (error) {
          failWith(error as Error);
        }
      };
      socket.on('data', hear).on('error', failWith).on('close', breakOff);
      if (signal?.aborted) {
        late();
        return;
      }
      signal?.addEventListener('abort', late);
      socket.write(textOf(request));
    });
  }

  /** Ends those that wait for a request. */
  close(): void {
    for (const sockets of this.#idle.values()) for (const socket of sockets) socket.destroy();
    this.#idle.clear();
  }

  async #connect(port: number): Promise<TLSSocket> {
    const session = this.#sessions.get(port);
    const socket = connectTls({
      // Where nobody listens, TLS would double what it costs to see that.
      ...(this.#silent.has(port) ? { socket: await plainConnection(port) } : { host, port }),
      secureContext: this.#credentials,
      ...(session ? { session } : {}),
    });
    socket.on('session', (latest: Buffer) => this.#sessions.set(port, latest));
    socket.once('secureConnect', () => this.#silent.delete(port));
    socket.setNoDelay(true);
    // After the request that it was made for.
    const forget = () => {
      if (!isSecure(socket)) this.#silent.add(port);
      this.#idle.set(port, this.#idle.get(port)?.filter((other) => other !== socket) ?? []);
    };
    socket.on('error', forget).on('close', forget);
    return socket;
  }

  #keep(port: number, socket: TLSSocket): void {
    const sockets = this.#idle.get(port) ?? [];
    // It keeps no process from its end.
    sockets.push(socket.unref());
    this.#idle.set(port, sockets);
  }
}

/** Whether it is, or was before it ended. */
const isSecure = (socket: TLSSocket): boolean => socket.authorized;

/** @throws ApiUnreachable where it is ended at once. */
function plainConnection(port: number): Promise<Socket> {
  const socket = connectPlain({ host, port });
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(limit);
      socket.off('end', failWith).off('error', failWith);
    };
    const failWith = (error?: NodeJS.ErrnoException): void => {
      settle();
      socket.destroy();
      reject(new ApiUnreachable(whyNotConnected(error)));
    };
    const limit = setTimeout(() => {
      settle();
      resolve(socket);
    }, endedWithinMilliseconds);
    socket.on('end', failWith).on('error', failWith);
  });
}

const whyNotConnected = (error?: NodeJS.ErrnoException): string =>
  error === undefined || error.code === 'ECONNRESET' ? 'nobody listens' : error.message;

function textOf({ method = 'GET', path, port, headers = {}, body = '' }: HttpsRequest): string {
  const fields = Object.entries({
    host: `${host}:${port}`,
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
  });
  return `${method} ${path} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}
