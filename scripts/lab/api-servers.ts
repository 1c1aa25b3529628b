import { ApiUnreachable, messageOf } from '../system/errors.ts';
import type { Answer } from './http-answer.ts';
import { KeptConnections, type CredentialFiles, type HttpsRequest } from './https.ts';
import type { ApiServerLook } from './lab.ts';
import type { Machine } from './layout.ts';

export interface ApiRequest extends Pick<HttpsRequest, 'path' | 'method' | 'headers' | 'body'> {
  /** Name of the one controller whose API server is asked. */
  of?: string | undefined;
}

/** The API servers of a lab's controllers, reached over the ports published for them. */
export interface ApiServers {
  /**
   * One request, to the API server that answered last; where it is silent or answers with a 5xx, to the next one. They
   * share the seconds, and are told of them. A request that changes something may be done twice: send only what may.
   * @throws ApiUnreachable where none gives a whole answer.
   */
  ask(request: ApiRequest, timeoutSeconds: number, signal?: AbortSignal): Promise<Answer>;
  /** Each API server asked on its own, at once, whether it is ready; checks named in `without` do not count. */
  looks(timeoutSeconds: number, without?: readonly string[]): Promise<ApiServerLook[]>;
  /** A controller whose API server is ready: the one that answered last, if it still is. Undefined where none is. */
  answering(timeoutSeconds: number): Promise<Machine | undefined>;
  close(): Promise<void>;
}

/** Where the host reaches the API server of a controller. */
export const apiServerUrl = (controller: Machine | undefined): string =>
  `https://127.0.0.1:${controller?.publishedPorts[6443] ?? 0}`;

/** The administrator's credentials. */
export const adminFiles: CredentialFiles = { ca: 'ca.crt', cert: 'admin.crt', key: 'admin.key' };

/** How long after a request's time an API server may still say itself that it is over: the connection is kept then. */
const graceSeconds = 0.25;
const gatewayTimeout = 504;

/** Asks the API servers with the administrator's certificate, over connections that are kept. */
export function createApiServers(options: { controllers: readonly Machine[]; labFolder: string }): ApiServers {
  const { controllers, labFolder } = options;
  const connect = () => KeptConnections.of(labFolder, adminFiles);
  let connections: Promise<KeptConnections> | undefined;
  let last = controllers[0];
  const inTurn = () => [...controllers].sort((one, other) => Number(other === last) - Number(one === last));

  const askOne = async (controller: Machine, request: ApiRequest, timeoutSeconds: number, signal?: AbortSignal) => {
    const { path, method, headers, body } = request;
    const port = controller.publishedPorts[6443] ?? 0;
    connections ??= connect();
    const kept = await connections;
    const startedAt = performance.now();
    const isOver = () => performance.now() - startedAt >= timeoutSeconds * 1000;
    // https://kubernetes.io/docs/reference/using-api/api-concepts/#request-timeout
    const limited = `${path}${path.includes('?') ? '&' : '?'}timeout=${timeoutSeconds}s`;
    const answer = await kept
      .ask({ path: limited, method, headers, body, port, signal, timeoutSeconds: timeoutSeconds + graceSeconds })
      .catch((error: unknown) => {
        throw isOver() ? new ApiUnreachable('no answer in time') : error;
      });
    if (answer.status === gatewayTimeout && isOver()) throw new ApiUnreachable('no answer in time');
    return answer;
  };

  const look = async (
    controller: Machine,
    timeoutSeconds: number,
    without: readonly string[] = [],
  ): Promise<ApiServerLook> => {
    const about = { machine: controller.name, address: apiServerUrl(controller) };
    try {
      const query = without.map((check) => `exclude=${check}`).join('&');
      const path = query === '' ? '/readyz' : `/readyz?${query}`;
      const { status } = await askOne(controller, { path }, timeoutSeconds);
      return status === 200 ? { ...about, ready: true } : { ...about, ready: false, why: `/readyz answers ${status}` };
    } catch (error) {
      return { ...about, ready: false, why: messageOf(error) };
    }
  };

  return {
    async ask(request, timeoutSeconds, signal) {
      let poor: Answer | undefined;
      let silence: unknown;
      const { of } = request;
      const asked = inTurn().filter(({ name }) => of === undefined || name === of);
      for (const controller of asked) {
        try {
          const answer = await askOne(controller, request, timeoutSeconds / asked.length, signal);
          if (answer.status < 500) {
            if (of === undefined) last = controller;
            return answer;
          }
          poor ??= answer;
        } catch (error) {
          if (signal?.aborted) throw error;
          silence ??= error;
        }
      }
      if (poor) return poor;
      throw silence instanceof Error ? silence : new ApiUnreachable('the lab has no such controller');
    },
    looks: (timeoutSeconds, without) =>
      Promise.all(controllers.map((controller) => look(controller, timeoutSeconds, without))),
    async answering(timeoutSeconds) {
      for (const controller of inTurn()) {
        if ((await look(controller, timeoutSeconds)).ready) return (last = controller);
      }
      return undefined;
    },
    async close() {
      (await connections)?.close();
    },
  };
}
