import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/** A CertificateSigningRequest of the API server, as far as it is looked at. */
export interface CertificateRequest {
  metadata: { name: string; resourceVersion?: string; creationTimestamp?: string };
  spec: {
    /** PEM in base64. */
    request: string;
    signerName: string;
    /** Filled in by the API server: who sent it. */
    username?: string;
    groups?: string[];
    usages?: string[];
  };
  status?: { conditions?: { type: string }[] };
}

/** A machine that joins, and by what its requests are recognised. */
export interface ExpectedMachine {
  name: string;
  address: string;
  /** The first six characters of its bootstrap token. */
  tokenId: string;
}

export type Judgement =
  | { verdict: 'expected'; machine: string; kind: 'client' | 'serving' }
  /** It names a machine that joins, and something about it is wrong. */
  | { verdict: 'unexpected'; machine: string; why: string }
  /** It is about nobody who joins. */
  | { verdict: 'foreign' };

interface Rule {
  kind: 'client' | 'serving';
  sender: (machine: ExpectedMachine) => string;
  group: string;
  usage: string;
  /** Names and addresses that the certificate may be for. */
  mayName: (machine: ExpectedMachine) => string[];
}

/** What a kubelet asks for (https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers). */
const rules: Readonly<Record<string, Rule>> = {
  'kubernetes.io/kube-apiserver-client-kubelet': {
    kind: 'client',
    sender: ({ tokenId }) => `system:bootstrap:${tokenId}`,
    group: 'system:bootstrappers',
    usage: 'client auth',
    mayName: () => [],
  },
  'kubernetes.io/kubelet-serving': {
    kind: 'serving',
    sender: ({ name }) => nodeUser(name),
    group: 'system:nodes',
    usage: 'server auth',
    mayName: ({ name, address }) => [`dns ${name}`, `ip ${address}`],
  },
};

const nodeUser = (name: string): string => `system:node:${name}`;

/** Whether nobody has approved or denied it yet. */
export const isPending = ({ status }: CertificateRequest): boolean => (status?.conditions ?? []).length === 0;

export const isDenied = ({ status }: CertificateRequest): boolean =>
  (status?.conditions ?? []).some(({ type }) => type === 'Denied');

/** Whether a request is one that a machine which joins should make: sender, subject, addresses and usages are looked at. */
export async function judge(request: CertificateRequest, expected: readonly ExpectedMachine[]): Promise<Judgement> {
  const about = nodeOf(request);
  const machine = expected.find(({ name }) => name === about);
  if (!machine) return { verdict: 'foreign' };
  const rule = rules[request.spec.signerName];
  const why = rule
    ? await whatIsWrong(request, machine, rule)
    : `no kubelet asks the signer ${request.spec.signerName} for a certificate`;
  if (why !== undefined || !rule) return { verdict: 'unexpected', machine: machine.name, why: why ?? '' };
  return { verdict: 'expected', machine: machine.name, kind: rule.kind };
}

/** Name of the node that a request is for, whoever sent it; undefined where it is for none. */
export function nodeOf(request: CertificateRequest): string | undefined {
  const name = parsed(request)?.subjectName.getField('CN')[0];
  return name?.startsWith(nodeUser('')) ? name.slice(nodeUser('').length) : undefined;
}

async function whatIsWrong(
  request: CertificateRequest,
  machine: ExpectedMachine,
  rule: Rule,
): Promise<string | undefined> {
  const { username = 'nobody', groups = [], usages = [] } = request.spec;
  const sender = rule.sender(machine);
  if (username !== sender) return `${username} sent it, not ${sender}`;
  if (!groups.includes(rule.group)) return `its sender is not in the group ${rule.group}`;
  const certificate = parsed(request);
  if (!certificate || !(await isSigned(certificate))) return 'its sender does not have the key';
  const subject = subjectOf(certificate);
  const wanted = [`CN=${nodeUser(machine.name)}`, 'O=system:nodes'];
  if (subject.toSorted().join() !== wanted.join()) return `it is for ${subject.join(', ')}`;
  const tooMany = usages.filter((usage) => !['digital signature', 'key encipherment', rule.usage].includes(usage));
  if (tooMany.length > 0) return `it is to be used for ${tooMany.join(', ')}`;
  if (!usages.includes(rule.usage)) return `it is not to be used for ${rule.usage}`;
  const named = namesIn(certificate);
  const may = rule.mayName(machine);
  const foreign = named.filter((name) => !may.includes(name));
  if (foreign.length > 0) return `it names ${foreign.join(', ')}`;
  return may.length > 0 && named.length === 0 ? 'it names no address' : undefined;
}

function parsed(request: CertificateRequest): x509.Pkcs10CertificateRequest | undefined {
  try {
    return new x509.Pkcs10CertificateRequest(Buffer.from(request.spec.request, 'base64').toString());
  } catch {
    return undefined;
  }
}

async function isSigned(certificate: x509.Pkcs10CertificateRequest): Promise<boolean> {
  x509.cryptoProvider.set(crypto);
  return certificate.verify().catch(() => false);
}

/** `CN=...` and `O=...`, each value on its own. */
const subjectOf = ({ subjectName }: x509.Pkcs10CertificateRequest): string[] =>
  subjectName
    .toJSON()
    .flatMap((part) => Object.entries(part).flatMap(([type, values]) => values.map((value) => `${type}=${value}`)));

/** `dns w3`, `ip 10.0.3.203`, `email ...`, `url ...`. */
const namesIn = ({ extensions }: x509.Pkcs10CertificateRequest): string[] =>
  extensions
    .filter((extension) => extension instanceof x509.SubjectAlternativeNameExtension)
    .flatMap(({ names }) => names.items.map(({ type, value }) => `${type} ${value}`));
