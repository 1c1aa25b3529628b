import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { checkoutFolder } from '../system/folders.ts';
import {
  balancerPort,
  hasRole,
  isBalanced,
  joins,
  podSubnet,
  runsKubelet,
  type Layout,
  type Machine,
} from './layout.ts';

export interface CloudConfigFacts {
  layout: Layout;
  /** Folder with the certificates of `makeCertificates`. */
  pki: string;
  sshPublicKey: string;
  /** Without the `v`. */
  kubernetesVersion: string;
  /** With what a machine that joins asks for its certificates. */
  bootstrapToken?: string;
}

interface CloudConfig {
  hostname?: string;
  ssh_authorized_keys?: string[];
  write_files?: { path: string; content: string; permissions?: string; encoding?: string }[];
  coreos?: { units: unknown[] };
  runcmd?: string[];
}

/** Files of `cloud-config/` that a machine is told, by its roles and by how many controllers there are. */
export function templatesOf(machine: Machine, layout: Layout): string[] {
  return [
    ...(hasRole(machine, 'etcd') ? ['etcd'] : []),
    ...(runsKubelet(machine) ? ['node', joins(machine) ? 'joiner' : 'credentials'] : []),
    ...(runsKubelet(machine) && isBalanced(layout) ? ['api-balancer'] : []),
    ...(hasRole(machine, 'controller') ? ['controller'] : []),
    ...(hasRole(machine, 'worker') ? ['worker'] : []),
  ];
}

/** The user-data of one machine: its templates filled in and merged, later ones winning. */
export async function renderCloudConfig(machine: Machine, facts: CloudConfigFacts): Promise<string> {
  const documents = await Promise.all(
    templatesOf(machine, facts.layout).map(async (name) => {
      const template = await readFile(join(checkoutFolder, 'cloud-config', `${name}.yaml`), 'utf8');
      return parse(await fillIn(template, machine, facts)) as CloudConfig;
    }),
  );
  const merged = documents.reduce((all, next) => ({
    ...all,
    ...next,
    write_files: [...(all.write_files ?? []), ...(next.write_files ?? [])],
    coreos: { units: [...(all.coreos?.units ?? []), ...(next.coreos?.units ?? [])] },
    runcmd: [...new Set([...(all.runcmd ?? []), ...(next.runcmd ?? [])])],
  }));
  const files = new Map((merged.write_files ?? []).map((file) => [file.path, file]));
  return `#cloud-config\n${stringify({ ...merged, write_files: [...files.values()] }, { lineWidth: 0 })}`;
}

async function fillIn(template: string, machine: Machine, facts: CloudConfigFacts): Promise<string> {
  const { layout } = facts;
  const etcd = layout.machines.filter((other) => hasRole(other, 'etcd'));
  const controllers = layout.machines.filter((other) => hasRole(other, 'controller'));
  const words: Record<string, string> = {
    name: machine.name,
    address: machine.address,
    lab: layout.name,
    sshPublicKey: facts.sshPublicKey,
    kubernetesVersion: facts.kubernetesVersion,
    apiServer: isBalanced(layout)
      ? `https://127.0.0.1:${balancerPort}`
      : `https://${controllers[0]?.address ?? ''}:6443`,
    // HAProxy compares the name with those in the API server's certificate.
    balancedServers: controllers.map(({ name, address }) => serverLine(name, address)).join('\n          '),
    etcdServers: etcd.map(({ address }) => `https://${address}:2379`).join(','),
    etcdInitialCluster: etcd.map(({ name, address }) => `${name}=https://${address}:2380`).join(','),
    podSubnet: podSubnet(machine),
    podRoutes: podRoutes(machine, layout).join('\n      '),
    ...(facts.bootstrapToken === undefined ? {} : { bootstrapToken: facts.bootstrapToken }),
    ...kubeletWords(machine),
    // A machine that is a worker too takes ordinary pods.
    taints: hasRole(machine, 'worker') ? '[]' : '[{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]',
  };
  const parts = template.split(/\{\{(.+?)\}\}/);
  const filled = await Promise.all(
    parts.map(async (part, index) => {
      if (index % 2 === 0) return part;
      if (part.startsWith('pki ')) {
        return readFile(join(facts.pki, part.slice(4).replace('NAME', machine.name)), 'base64');
      }
      const word = words[part];
      if (word === undefined) throw new Error(`cloud-config has an unknown word {{${part}}}`);
      return word;
    }),
  );
  return filled.join('');
}

const serverLine = (name: string, address: string): string => `server ${name} ${address}:6443 verifyhost ${name}`;

/** How a kubelet comes to its certificates: they lie there, or it asks for them. */
const kubeletWords = (machine: Machine): { servingCertificate: string; kubeletCredentials: string } =>
  joins(machine)
    ? {
        servingCertificate: 'serverTLSBootstrap: true',
        // Below /var/lib/kubelet, which outlives the container: a machine that is made anew has joined already.
        kubeletCredentials:
          '--kubeconfig /var/lib/kubelet/kubeconfig --bootstrap-kubeconfig /etc/kubernetes/bootstrap-kubelet.conf',
      }
    : {
        servingCertificate: [
          'tlsCertFile: /etc/kubernetes/kubelet.crt',
          'tlsPrivateKeyFile: /etc/kubernetes/kubelet.key',
        ].join('\n      '),
        kubeletCredentials: '--kubeconfig /etc/kubernetes/kubelet.conf',
      };

/** `10.2.202.0/24 via 10.0.3.202`: one line a neighbour with pods. */
export const podRoutes = (machine: Machine, layout: Layout): string[] =>
  layout.machines
    .filter((other) => runsKubelet(other) && other.name !== machine.name)
    .map((other) => `${podSubnet(other)} via ${other.address}`);
