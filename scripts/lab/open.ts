import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FiredrillError } from '../system/errors.ts';
import { checkoutFolder, labFolder } from '../system/folders.ts';
import { run } from '../system/run.ts';
import { apiServerUrl, createApiServers } from './api-servers.ts';
import { createEtcd } from './etcd.ts';
import { followLayout } from './follow-layout.ts';
import { contextOf, towardsAnswering } from './kubeconfig.ts';
import { createKubernetes } from './kubernetes.ts';
import type { Lab } from './lab.ts';
import { appNodePort, defaultSubnet, hasRole, isBalanced, type Layout, type Machine, type Role } from './layout.ts';
import { Connections } from './remote.ts';

const machineSchema = z.object({
  name: z.string(),
  roles: z.array(z.enum(['etcd', 'controller', 'worker'])),
  number: z.number(),
  address: z.string(),
  publishedPorts: z.record(z.string(), z.number()),
  joined: z.literal(true).optional(),
});

const renderedSchema = z.object({
  layout: z.object({
    name: z.string(),
    size: z.enum(['default', 'single', 'ha']),
    provider: z.enum(['docker', 'virtualbox', 'parallels']),
    subnet: z.string(),
    firstPort: z.number(),
    machines: z.array(machineSchema),
  }),
});

export const renderedPath = (folder: string): string => join(folder, 'machines.json');
const layoutIn = (rendered: string): Layout => renderedSchema.parse(JSON.parse(rendered)).layout;

/** Layout of the lab that was rendered last under this name, or undefined where there is none. */
export async function readLayout(name: string): Promise<Layout | undefined> {
  const path = renderedPath(labFolder(name));
  if (!existsSync(path)) return undefined;
  try {
    return layoutIn(await readFile(path, 'utf8'));
  } catch (error) {
    throw new FiredrillError(`What was kept of the lab '${name}' cannot be read: ${path}.`, {
      code: 'lab-damaged',
      remedy: `Run 'npx firedrill lab destroy' and then 'npx firedrill lab up'.`,
      cause: error,
    });
  }
}

/** Network of the lab of this name, a /24: where it has not been made yet, the one that it will get. */
export async function subnetOf(name: string): Promise<string> {
  const layout = await readLayout(name).catch(() => undefined);
  return layout?.subnet ?? process.env['FIREDRILL_SUBNET'] ?? defaultSubnet;
}

/**
 * The lab of this name, up or not.
 * @throws FiredrillError `lab-missing` where it has not been made.
 */
export async function openLab(name: string): Promise<Lab> {
  const layout = await readLayout(name);
  if (!layout) {
    throw new FiredrillError(`There is no lab '${name}' yet.`, {
      code: 'lab-missing',
      remedy: "Run 'npx firedrill lab up': it boots one.",
    });
  }
  return createLab(layout);
}

/** The lab of a layout whose files have been rendered. Machines that join or leave later are seen as they do. */
export function createLab(rendered: Layout): Lab {
  const folder = labFolder(rendered.name);
  const now = followLayout(rendered, renderedPath(folder), layoutIn);
  const connections = new Connections(folder);
  const withRole = (role: Role) => now().machines.filter((machine) => hasRole(machine, role));
  const machine = (name: string): Machine => {
    const found = now().machines.find((candidate) => candidate.name === name);
    if (found) return found;
    throw new FiredrillError(`The lab has no machine '${name}'.`, {
      code: 'unknown-machine',
      remedy: `Its machines are ${now()
        .machines.map((each) => each.name)
        .join(', ')}.`,
      exitCode: 2,
    });
  };
  const environment = () => shellEnvironment(now(), folder);
  const apiServers = createApiServers({ controllers: withRole('controller'), labFolder: folder });
  const commandEnvironment = async () => ({
    ...environment(),
    ...(await towardsAnswering(now(), folder, apiServers)),
  });
  return {
    get layout() {
      return now();
    },
    folder,
    machine,
    machinesWithRole: withRole,
    on: (name, command, options) => connections.run(machine(name), command, options),
    onHost: async (command, options = {}) =>
      run('bash', ['-c', command], {
        env: await commandEnvironment(),
        // The pages name files of the checkout by their path in it.
        cwd: checkoutFolder,
        timeoutSeconds: options.timeoutSeconds ?? 20,
        signal: options.signal,
        input: options.input,
        onLine: options.onLine,
      }),
    shellEnvironment: environment,
    kubernetes: createKubernetes({
      apiServers,
      labFolder: folder,
      context: async () => {
        const controller = isBalanced(now()) ? await apiServers.answering(1) : undefined;
        return controller && contextOf(now(), controller);
      },
    }),
    etcd: createEtcd({ machines: withRole('etcd'), labFolder: folder, environment }),
  };
}

function shellEnvironment(layout: Layout, folder: string): Record<string, string> {
  const etcd = layout.machines.filter((machine) => hasRole(machine, 'etcd'));
  const controller = layout.machines.find((machine) => hasRole(machine, 'controller'));
  const worker = layout.machines.find((machine) => hasRole(machine, 'worker'));
  const pki = (name: string) => join(folder, 'pki', name);
  return {
    PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? '/usr/bin:/bin'}`,
    LAB: folder,
    FIREDRILL_LAB: layout.name,
    KUBECONFIG: join(folder, 'kubeconfig'),
    // Else kubectl keeps what it has learned of this API server in ~/.kube, for good.
    KUBECACHEDIR: join(folder, 'kubectl-cache'),
    // As the kubeconfig's current context: the first controller's.
    APISERVER: apiServerUrl(controller),
    APP: `http://127.0.0.1:${worker?.publishedPorts[appNodePort] ?? 0}`,
    ETCDCTL_ENDPOINTS: etcd.map((each) => `https://127.0.0.1:${each.publishedPorts[2379] ?? 0}`).join(','),
    ETCDCTL_CACERT: pki('etcd-ca.crt'),
    ETCDCTL_CERT: pki('etcd-client.crt'),
    ETCDCTL_KEY: pki('etcd-client.key'),
  };
}
