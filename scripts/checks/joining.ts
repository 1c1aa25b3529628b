import type { CertificateRequest } from '../lab/scale/requests.ts';
import { clusterCheck, listed, statusOf, type ClusterView } from './looking.ts';
import { met, unmet, type Check } from './verdict.ts';

/** What a kubelet asks for (https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers). */
const signers = {
  client: 'kubernetes.io/kube-apiserver-client-kubelet',
  serving: 'kubernetes.io/kubelet-serving',
} as const;

/** Whoever lets machines in by itself has done so by then: `lab scale` looks ten times a second. */
const patienceSeconds = 5;

export const certificateRequests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/** A machine that is no node yet has asked for the certificate with which its kubelet could be one, and nobody decided. */
export function machineAsksToJoin(machine: string): Check {
  const claim = `${machine} asks to be let in, and waits`;
  return clusterCheck(claim, async (cluster) => {
    if (await cluster.get(`/api/v1/nodes/${machine}`)) {
      return unmet(`${machine} is a node already`, claim, "'npx firedrill lab scale --workers 2' sends it away.");
    }
    const requests = await requestsFor(cluster, machine, 'client');
    if (requests.length === 0) return unmet(`there is no certificate request for ${machine}`, claim);
    const waiting = requests.filter(({ status }) => (status?.conditions ?? []).length === 0);
    if (waiting.length === 0) return unmet('its request was decided', claim);
    const names = listed(waiting.map(({ metadata }) => metadata.name));
    const age = Math.max(...waiting.map(({ metadata }) => Date.now() - Date.parse(metadata.creationTimestamp ?? '')));
    if (age < patienceSeconds * 1000) return unmet(`${names} has only just been sent`, claim);
    return met(`${names} waits for somebody`);
  });
}

/**
 * The API server reaches the node's kubelet, and trusts the certificate that it shows. Without one there are no logs of
 * its pods, and no commands in them.
 */
export function kubeletShowsCertificate(node: string): Check {
  const claim = `the kubelet of ${node} shows the API server a certificate`;
  return clusterCheck(claim, async (cluster) => {
    try {
      const answer = await cluster.get(`/api/v1/nodes/${node}/proxy/configz`);
      return answer === undefined ? unmet(`there is no node ${node}`, claim) : met(claim);
    } catch (error) {
      const status = statusOf(error);
      // 500 to 504: the API server itself answers, and gets no further.
      if (status === undefined || status < 500) throw error;
      return unmet(`the API server gets no answer from it (${status})`, claim);
    }
  });
}

/** The user who sent the requests of this kind that are for a machine; undefined where there is none. */
export async function requestorFor(
  cluster: ClusterView,
  machine: string,
  kind: keyof typeof signers,
): Promise<string | undefined> {
  return (await requestsFor(cluster, machine, kind))[0]?.spec.username;
}

async function requestsFor(
  cluster: ClusterView,
  machine: string,
  kind: keyof typeof signers,
): Promise<CertificateRequest[]> {
  const items = (await cluster.get<{ items: CertificateRequest[] }>(certificateRequests))?.items ?? [];
  const ofKind = items.filter(({ spec }) => spec.signerName === signers[kind]);
  if (ofKind.length === 0) return [];
  // It reads certificates, which costs: a list of lessons must not wait for it.
  const { nodeOf } = await import('../lab/scale/requests.ts');
  return ofKind.filter((request) => nodeOf(request) === machine);
}
