import { join } from 'node:path';
import { createApply, reasonOf } from './apply.ts';
import type { ApiServers } from './api-servers.ts';
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

const defaultTimeoutSeconds = 3;
/** Seconds for a question that nobody repeats: a computer that is busy answers late. */
export const patientSeconds = 10;
/** Of each object. */
const applySeconds = 10;

/** The API server as the administrator sees it; with two controllers, whichever of the two answers. */
export function createKubernetes(options: {
  apiServers: ApiServers;
  labFolder: string;
  /** Name of the kubeconfig's context to use; undefined for its current one. */
  context: () => Promise<string | undefined>;
}): Kubernetes {
  const { apiServers, labFolder } = options;

  const config = async () => {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const loaded = new KubeConfig();
    loaded.loadFromFile(join(labFolder, 'kubeconfig'));
    const context = await options.context();
    if (context !== undefined) loaded.setCurrentContext(context);
    return loaded;
  };

  return {
    get: async <T>(
      path: string,
      {
        timeoutSeconds = defaultTimeoutSeconds,
        signal,
        of,
        accept,
      }: { timeoutSeconds?: number; signal?: AbortSignal | undefined; of?: string; accept?: string } = {},
    ) => {
      const headers = accept === undefined ? {} : { accept };
      const answer = await apiServers.ask({ path, of, headers }, timeoutSeconds, signal);
      if (answer.status < 200 || answer.status > 299) throw new KubernetesError(answer.status, reasonOf(answer));
      return JSON.parse(answer.body) as T;
    },
    remove: async (path, { timeoutSeconds = 10, signal } = {}) => {
      const answer = await apiServers.ask({ path, method: 'DELETE' }, timeoutSeconds, signal);
      if (answer.status === 404 || (answer.status >= 200 && answer.status <= 299)) return;
      throw new KubernetesError(answer.status, reasonOf(answer));
    },
    ready: async (timeoutSeconds = 1) => (await apiServers.looks(timeoutSeconds)).some(({ ready }) => ready),
    servers: ({ timeoutSeconds = 1, without } = {}) => apiServers.looks(timeoutSeconds, without),
    ...createApply((request) => apiServers.ask(request, applySeconds)),
    config,
    core: async () => {
      const { CoreV1Api } = await import('@kubernetes/client-node');
      return (await config()).makeApiClient(CoreV1Api);
    },
  };
}
