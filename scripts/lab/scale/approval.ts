import type { Lab } from '../lab.ts';
import type { Machine } from '../layout.ts';
import { keepJoiner } from './joiner.ts';
import { kubectl } from './kubectl.ts';
import { isDenied, isPending, judge, type CertificateRequest, type ExpectedMachine } from './requests.ts';

/** A request that nobody has approved yet. */
export interface WaitingRequest {
  /** Of the CertificateSigningRequest. */
  name: string;
  machine: string;
  kind: 'client' | 'serving';
}

/** By what the requests of these machines are recognised. */
export const expectedOf = (lab: Lab, machines: readonly Machine[]): Promise<ExpectedMachine[]> =>
  Promise.all(
    machines.map(async ({ name, address }) => ({
      name,
      address,
      tokenId: (await keepJoiner(lab.folder, name)).token.split('.')[0] ?? '',
    })),
  );

interface Requests {
  waiting: (WaitingRequest & { request: CertificateRequest })[];
  /** What was wrong about the others, in words. */
  refused: string[];
}

/** The requests that are about these machines, and undecided; those that are not as they should be in words. */
export async function lookAtRequests(lab: Lab, expected: readonly ExpectedMachine[]): Promise<Requests> {
  const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
  const { items } = await lab.kubernetes.get<{ items: CertificateRequest[] }>(path);
  const found: Requests = { waiting: [], refused: [] };
  for (const request of items) {
    const { name } = request.metadata;
    const judged = await judge(request, expected);
    if (isDenied(request) && judged.verdict === 'expected') {
      found.refused.push(`${judged.machine}'s request was denied ('kubectl delete csr ${name}' lets it ask again)`);
    }
    if (!isPending(request)) continue;
    if (judged.verdict === 'expected') {
      found.waiting.push({ name, machine: judged.machine, kind: judged.kind, request });
    } else if (judged.verdict === 'unexpected') {
      found.refused.push(`${name}, a request for ${judged.machine}, was not approved: ${judged.why}`);
    }
  }
  return found;
}

/** Approves the very request that was looked at: where it has changed since, the API server refuses (by its version). */
export async function approve(lab: Lab, request: CertificateRequest, signal?: AbortSignal): Promise<void> {
  const condition = {
    type: 'Approved',
    status: 'True',
    reason: 'ExpectedByFiredrill',
    message: "Sender, subject, addresses and usages are those of a machine that 'firedrill lab scale' made.",
  };
  const body = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    ...request,
    status: { ...request.status, conditions: [condition] },
  };
  const path = `/apis/certificates.k8s.io/v1/certificatesigningrequests/${encodeURIComponent(request.metadata.name)}/approval`;
  await kubectl(lab, ['replace', '--raw', path, '--filename', '-'], { signal, input: JSON.stringify(body) });
}
