import { Agent, request } from 'node:https';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FiredrillError } from '../system/errors.ts';
import { run } from '../system/run.ts';
import type { Kubernetes } from './lab.ts';

/** The API server answered, with something else than 2xx. */
export class KubernetesError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'KubernetesError';
    this.status = status;
  }
}

/** The API server gave no answer at all. */
export class ApiUnreachable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ApiUnreachable';
  }
}

interface Answer {
  status: number;
  body: string;
}

const defaultTimeoutSeconds = 3;

/** Asks one API server over the port published for it, with the administrator's certificate. */
export function createKubernetes(options: {
  port: number;
  labFolder: string;
  environment: () => Record<string, string>;
}): Kubernetes {
  const { port, labFolder } = options;
  let agent: Promise<Agent> | undefined;
  const pem = (name: string) => readFile(join(labFolder, 'pki', name));
  const connect = async () =>
    new Agent({ keepAlive: true, ca: await pem('ca.crt'), cert: await pem('admin.crt'), key: await pem('admin.key') });

  const ask = async (path: string, timeoutSeconds: number, signal?: AbortSignal): Promise<Answer> => {
    agent ??= connect();
    const limit = AbortSignal.timeout(timeoutSeconds * 1000);
    return httpsGet({
      host: '127.0.0.1',
      port,
      path,
      agent: await agent,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  };

  const config = async () => {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const loaded = new KubeConfig();
    loaded.loadFromFile(join(labFolder, 'kubeconfig'));
    return loaded;
  };

  return {
    get: async <T>(
      path: string,
      {
        timeoutSeconds = defaultTimeoutSeconds,
        signal,
      }: { timeoutSeconds?: number; signal?: AbortSignal | undefined } = {},
    ) => {
      const answer = await ask(path, timeoutSeconds, signal);
      if (answer.status < 200 || answer.status > 299) throw new KubernetesError(answer.status, reasonOf(answer));
      return JSON.parse(answer.body) as T;
    },
    ready: async (timeoutSeconds = 1) => {
      try {
        return (await ask('/readyz', timeoutSeconds)).status === 200;
      } catch {
        return false;
      }
    },
    apply: async (manifest) => {
      const result = await run('kubectl', ['apply', '--server-side', '--force-conflicts', '-f', '-'], {
        input: manifest,
        env: options.environment(),
        timeoutSeconds: 60,
      });
      if (result.exitCode !== 0) {
        throw new FiredrillError(`The cluster did not accept a manifest: ${result.stderr.trim()}`, {
          code: 'apply-failed',
          remedy: "Look with 'npx firedrill lab status' whether the API server answers.",
        });
      }
    },
    config,
    core: async () => {
      const { CoreV1Api } = await import('@kubernetes/client-node');
      return (await config()).makeApiClient(CoreV1Api);
    },
  };
}

function reasonOf(answer: Answer): string {
  try {
    return (JSON.parse(answer.body) as { message?: string }).message ?? `HTTP ${answer.status}`;
  } catch {
    return `HTTP ${answer.status}: ${answer.body.slice(0, 200)}`;
  }
}

interface HttpsRequest {
  host: string;
  port: number;
  path: string;
  agent: Agent;
  signal: AbortSignal;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
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
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: text });
      });
    });
    sent.on('error', fail);
    sent.end(body);
  });
}
