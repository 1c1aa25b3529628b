import type { V1ConfigMap, V1Pod } from '@kubernetes/client-node';
import type { Lab } from '../lab/lab.ts';
import { clusterCheck, counted } from './looking.ts';
import { isReadyPod } from './workloads.ts';
import { met, unknown, unmet, type Check, type Verdict } from './verdict.ts';

interface EndpointSlice {
  endpoints?: { addresses?: string[]; conditions?: { ready?: boolean } }[] | null;
}

/** The Service has at least so many addresses that are ready to be sent to. */
export function serviceHasEndpoints(name: string, atLeast = 1, namespace = 'default'): Check {
  const claim = `Service ${name} has ${counted(atLeast, 'ready endpoint')} or more`;
  return clusterCheck(claim, async (cluster) => {
    const selector = encodeURIComponent(`kubernetes.io/service-name=${name}`);
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`;
    const slices = (await cluster.get<{ items: EndpointSlice[] }>(path))?.items ?? [];
    const ready = slices.flatMap((slice) => slice.endpoints ?? []).filter((one) => one.conditions?.ready !== false);
    const saw = counted(ready.length, 'ready endpoint');
    return ready.length >= atLeast ? met(saw) : unmet(saw, claim);
  });
}

/**
 * A learner wrote the answer to a question into a ConfigMap, and it is right. `truth` is asked of the lab each time;
 * undefined means that nobody can tell now, a list means that each of its answers is right. The right answer is never
 * shown in the verdict.
 */
export function answerIs(
  question: { configMap: string; key: string; asks: string },
  truth: (lab: Lab) => Promise<string | readonly string[] | undefined> | string | readonly string[],
): Check {
  const { configMap, key, asks } = question;
  const claim = `the ConfigMap ${configMap} says ${asks}`;
  return clusterCheck(claim, async (cluster, lab) => {
    const found = await cluster.get<V1ConfigMap>(`/api/v1/namespaces/default/configmaps/${configMap}`);
    if (!found) return unmet(`there is no ConfigMap ${configMap} in the namespace default`, claim);
    const said = found.data?.[key]?.trim();
    const again = `'kubectl delete configmap ${configMap}', and write it again.`;
    if (said === undefined) return unmet(`${configMap} has no key ${key}`, claim, again);
    const right = await truth(lab);
    if (right === undefined) return unknown(`the lab itself cannot tell ${asks} now`);
    const isRight = typeof right === 'string' ? said === right : right.includes(said);
    return isRight ? met(`${key} is ${said}`) : unmet(`${key} is ${said}, which is not right`, claim, again);
  });
}

/** There is a ConfigMap of this name in the namespace `default`. */
export function configMapIsThere(name: string): Check {
  const claim = `there is a ConfigMap ${name}`;
  return configMapCheck(claim, name, (found) => (found ? met(claim) : unmet(`there is no ConfigMap ${name}`, claim)));
}

export function configMapIsGone(name: string): Check {
  const claim = `there is no ConfigMap ${name}`;
  return configMapCheck(claim, name, (found) => (found ? unmet(`there is a ConfigMap ${name}`, claim) : met(claim)));
}

/** There is no PersistentVolume of this name any more: one that is on its way out would take what is made anew with it. */
export function volumeIsGone(name: string): Check {
  const claim = `there is no volume ${name}`;
  return clusterCheck(claim, async (cluster) =>
    (await cluster.get(`/api/v1/persistentvolumes/${name}`)) ? unmet(`there is a volume ${name}`, claim) : met(claim),
  );
}

const configMapCheck = (claim: string, name: string, judge: (found: boolean) => Verdict): Check =>
  clusterCheck(claim, async (cluster) =>
    judge((await cluster.get(`/api/v1/namespaces/default/configmaps/${name}`)) !== undefined),
  );

/** The pod that a ConfigMap names (key `pod`) was deleted. Its name never comes back: names of replicas are random. */
export function namedPodIsGone(configMap: string, startsWith: string): Check {
  const claim = `the pod that the ConfigMap ${configMap} names is gone`;
  return clusterCheck(claim, async (cluster) => {
    const found = await cluster.get<V1ConfigMap>(`/api/v1/namespaces/default/configmaps/${configMap}`);
    // As `kubectl get pods -o name` prints it, too.
    const name = found?.data?.['pod']?.trim().replace(/^pods?\//, '');
    if (!name) return unmet(`there is no ConfigMap ${configMap} with a key pod`, claim);
    if (!name.startsWith(startsWith))
      return unmet(`it names ${name}`, `the name of a pod that starts with ${startsWith}`);
    const pod = await cluster.get<V1Pod>(`/api/v1/namespaces/default/pods/${name}`);
    return pod ? unmet(`${name} is still there`, claim) : met(`${name} is gone`);
  });
}

/** Kubernetes makes uids as UUIDs: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#uids */
const isUid = (text: string): boolean => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);

/** A pod of this name is Ready and is not the one whose uid a ConfigMap holds (key `uid`). */
export function podWasReplaced(name: string, configMap: string): Check {
  const claim = `pod ${name} is Ready and is not the one that the ConfigMap ${configMap} remembers`;
  return clusterCheck(claim, async (cluster) => {
    const found = await cluster.get<V1ConfigMap>(`/api/v1/namespaces/default/configmaps/${configMap}`);
    const before = found?.data?.['uid']?.trim();
    if (!before) return unmet(`there is no ConfigMap ${configMap} with a key uid`, claim);
    if (!isUid(before)) return unmet(`uid is ${before}, which is no uid`, claim);
    const pod = await cluster.get<V1Pod>(`/api/v1/namespaces/default/pods/${name}`);
    if (!pod) return unmet(`there is no pod ${name}`, claim);
    if (pod.metadata?.uid === before) return unmet(`${name} is still the same pod`, claim);
    return isReadyPod(pod) ? met(`${name} is a new pod, and Ready`) : unmet(`${name} is new and not Ready yet`, claim);
  });
}
