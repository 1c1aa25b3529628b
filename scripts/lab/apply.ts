import { FiredrillError } from '../system/errors.ts';
import { waitUntil } from '../system/wait.ts';
import type { ApiRequest } from './api-servers.ts';
import type { Answer } from './http-answer.ts';
import type { ApiObject, Kubernetes } from './lab.ts';

/** Who the API server says has set a field that this program applied (`metadata.managedFields`). */
export const fieldManager = 'firedrill';

/** Seconds that an object may take to go: a pod's grace period, on a busy machine. */
const goneSeconds = 60;

type Ask = (request: ApiRequest) => Promise<Answer>;

interface Resources {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

/**
 * Server-side apply of YAML documents, without kubectl, which costs as much processor time as fifty requests.
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/)
 */
export function createApply(ask: Ask): Pick<Kubernetes, 'apply' | 'pathsOf'> {
  // Which kinds a group has does not change.
  const known = new Map<string, Promise<Resources>>();

  const resourcesOf = (group: string): Promise<Resources> => {
    const asked = known.get(group) ?? ask({ path: group }).then((answer) => parsed(answer, group) as Resources);
    known.set(group, asked);
    asked.catch(() => known.delete(group));
    return asked;
  };

  const pathOf = async ({ apiVersion, kind, metadata }: ApiObject): Promise<string> => {
    const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { resources } = await resourcesOf(group);
    const resource = resources.find((one) => one.kind === kind && !one.name.includes('/'));
    if (!resource) throw refused(`${apiVersion} has no kind '${kind}'`);
    const namespace = resource.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    return `${group}${namespace}/${resource.name}/${metadata.name}`;
  };

  const applyOnce = async (object: ApiObject, path: string, query: string): Promise<ApiObject> => {
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    const answer = await ask({ path: `${path}?${query}`, method: 'PATCH', headers, body: JSON.stringify(object) });
    return parsed(answer, wordsOf(object)) as ApiObject;
  };

  const awaitGone = (object: ApiObject, path: string): Promise<void> =>
    waitUntil(async () => !isLeaving(await ask({ path })), {
      what: `${wordsOf(object)}, which was being removed, is gone`,
      deadlineSeconds: goneSeconds,
    });

  return {
    pathsOf: async (manifest) => Promise.all((await objectsIn(manifest)).map(pathOf)),
    apply: async (manifest, { dryRun = false } = {}) => {
      const answers: ApiObject[] = [];
      // In their order: what is in a namespace or needs an account comes after it.
      for (const object of await objectsIn(manifest)) {
        const path = await pathOf(object);
        const query = `fieldManager=${fieldManager}&force=true${dryRun ? '&dryRun=All' : ''}`;
        let made = await applyOnce(object, path, query);
        // What is on its way out takes a change, and goes with it.
        if (leaves(made) && !dryRun) {
          await awaitGone(object, path);
          made = await applyOnce(object, path, query);
        }
        answers.push(made);
      }
      return answers;
    },
  };
}

const leaves = ({ metadata }: ApiObject): boolean => metadata.deletionTimestamp !== undefined;

/** Whether it is there still, and on its way out. Throws where the API server does not tell. */
const isLeaving = (answer: Answer): boolean =>
  answer.status !== 404 && leaves(parsed(answer, 'an object that is being removed') as ApiObject);

const wordsOf = ({ kind, metadata }: ApiObject): string => `${kind} ${metadata.name}`;

/** Loaded where something is applied: most commands apply nothing. */
async function objectsIn(manifest: string): Promise<ApiObject[]> {
  const { parseAllDocuments } = await import('yaml');
  return parseAllDocuments(manifest).flatMap((document) => {
    const object = document.toJS() as ApiObject | null;
    return object === null ? [] : [object];
  });
}

function parsed({ status, body }: Answer, what: string): unknown {
  if (status >= 200 && status <= 299) return JSON.parse(body);
  throw refused(`${what}: ${reasonOf({ status, body })}`);
}

const refused = (why: string): FiredrillError =>
  new FiredrillError(`The cluster did not accept a manifest: ${why}`, {
    code: 'apply-failed',
    remedy: "Look with 'npx firedrill lab status' whether the API server answers.",
  });

/** Why the API server did not do something, in its words. */
export function reasonOf({ status, body }: Answer): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? `HTTP ${status}`;
  } catch {
    return `HTTP ${status}: ${body.slice(0, 200)}`;
  }
}
