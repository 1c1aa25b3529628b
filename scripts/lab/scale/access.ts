import { stringify } from 'yaml';
import { patientSeconds } from '../kubernetes.ts';
import type { Lab } from '../lab.ts';
import { keepJoiner } from './joiner.ts';
import { kubectl } from './kubectl.ts';

/** Label of what exists for the sake of one machine: the value is its name. */
export const joinerLabel = 'firedrill/joiner';
/** The binding that lets whoever shows a token send and watch certificate requests, and nothing else. */
export const bootstrapBinding = 'firedrill:node-bootstrapper';
/** As long as a kubelet waits for its certificate (requestNodeCertificate in its source). The default of kubeadm is a day. */
const tokenSeconds = 3600;

interface Named {
  name: string;
}

type Labels = Readonly<Record<string, string>>;

/**
 * Lets machines ask for certificates: a token each, in a Secret that expires, and the rights that it gives. Nothing here
 * approves a request. May be applied again: a token that has expired is good again.
 */
export async function grantAccess(lab: Lab, machines: readonly Named[]): Promise<void> {
  const joiners = await Promise.all(
    machines.map(async ({ name }) => ({ name, token: (await keepJoiner(lab.folder, name)).token })),
  );
  await lab.kubernetes.apply(accessManifest(joiners, new Date(Date.now() + tokenSeconds * 1000)));
}

/** Takes the tokens away again, where there are any: who has a certificate needs none. */
export async function revokeTokens(lab: Lab, machines: readonly Named[], signal?: AbortSignal): Promise<void> {
  const names = machines.map(({ name }) => name);
  const path = `/api/v1/namespaces/kube-system/secrets?labelSelector=${encodeURIComponent(joinerLabel)}`;
  const { items } = await lab.kubernetes.get<{ items: { metadata: { name: string; labels: Labels } }[] }>(path, {
    timeoutSeconds: patientSeconds,
  });
  const tokens = items
    .filter(({ metadata }) => names.includes(metadata.labels[joinerLabel] ?? ''))
    .map(({ metadata }) => metadata.name);
  if (tokens.length === 0) return;
  await kubectl(lab, ['delete', 'secrets', ...tokens, '--namespace', 'kube-system', '--ignore-not-found'], { signal });
}

/** The objects as YAML documents (https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/). */
export function accessManifest(joiners: readonly { name: string; token: string }[], expires: Date): string {
  const documents = [
    binding(bootstrapBinding, 'system:node-bootstrapper', { kind: 'Group', name: 'system:bootstrappers' }),
    ...joiners.flatMap(({ name, token }) => [
      tokenSecret(name, token, expires),
      {
        // Its kube-proxy shows the node's certificate: see cloud-config/joiner.yaml.
        ...binding(`firedrill:node-proxier:${name}`, 'system:node-proxier', {
          kind: 'User',
          name: `system:node:${name}`,
        }),
        metadata: { name: `firedrill:node-proxier:${name}`, labels: { [joinerLabel]: name } },
      },
    ]),
  ];
  return documents.map((document) => stringify(document)).join('---\n');
}

const apiGroup = 'rbac.authorization.k8s.io';

const binding = (name: string, role: string, subject: { kind: 'Group' | 'User'; name: string }) => ({
  apiVersion: `${apiGroup}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup, kind: 'ClusterRole', name: role },
  subjects: [{ apiGroup, ...subject }],
});

function tokenSecret(name: string, token: string, expires: Date): object {
  const [id = '', secret = ''] = token.split('.');
  const data: Record<string, string> = {
    'token-id': id,
    'token-secret': secret,
    'usage-bootstrap-authentication': 'true',
    expiration: expires.toISOString().replace(/\.\d+Z$/, 'Z'),
    description: `${name} asks for its certificates with it`,
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'bootstrap.kubernetes.io/token',
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system', labels: { [joinerLabel]: name } },
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  };
}
