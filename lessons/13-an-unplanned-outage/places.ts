import type { Lab } from '../../scripts/lab/lab.ts';

/** Pods of the copy that is read from, those of the only one that takes messages, and those that know all names. */
export const replica = 'app=redis,role=replica';
export const primary = 'app=redis,role=primary';
export const dns = { namespace: 'kube-system', selector: 'k8s-app=kube-dns' } as const;

/**
 * Puts the copy of the data store where the primary is not, and one of the two DNS servers on w2. Their manifests say so,
 * but where one of the workers joined late, or the primary had no node yet, both may have been given w1.
 */
export async function spreadTheRest(lab: Lab): Promise<void> {
  await lab.onHost(
    `kubectl rollout status statefulset/redis-primary --timeout=60s
    node=$(kubectl get pods -l ${replica} -o jsonpath='{.items[0].spec.nodeName}')
    if [ "$node" = w1 ]; then kubectl rollout restart deployment/redis-replica; fi
    kubectl get pods -n ${dns.namespace} -l ${dns.selector} -o wide | grep -qw w2 ||
      kubectl rollout restart deployment/coredns -n ${dns.namespace}
    kubectl rollout status deployment/redis-replica --timeout=60s`,
    { timeoutSeconds: 130 },
  );
}
