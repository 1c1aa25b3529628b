import { request, type Agent } from 'node:https';

export interface Answer {
  status: number;
  body: string;
}

export interface HttpsRequest {
  host: string;
  port: number;
  path: string;
  agent: Agent;
  signal: AbortSignal;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Nobody answered at all. */
export class ApiUnreachable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ApiUnreachable';
  }
}

/** One HTTPS request. Rejects with `ApiUnreachable` where there is no whole answer. */
export function httpsGet({ body, ...options }: HttpsRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      const why = options.signal.aborted ? 'no answer in time' : error.message;
      reject(new ApiUnreachable(why));
    };
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('error', fail);
      // Ended by the signal just when all had come: neither an error nor an end.
      response.on('close', () => {
        fail(new Error('the answer broke off'));
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: text });
      });
    });
    sent.on('error', fail);
    sent.end(body);
  });
}
