import { messageOf } from '../system/errors.ts';
import { listContainers } from './docker.ts';
import { readyNodes } from './health.ts';
import type { ApiServerLook, EtcdMember, Lab } from './lab.ts';
import { runsKubelet } from './layout.ts';

export interface MachineStatus {
  name: string;
  roles: readonly string[];
  address: string;
  sshPort: number | undefined;
  /** `running`, `exited`, `missing`, ... */
  state: string;
  etcd?: EtcdMember;
  /** Condition Ready of the node; undefined where the API server did not say. */
  nodeReady?: boolean | undefined;
}

export interface LabStatus {
  name: string;
  size: string;
  provider: string;
  machines: MachineStatus[];
  /** Whether somebody answers for the cluster. */
  apiServer: { address: string; answers: boolean; why?: string };
  /** The API server of each controller. */
  apiServers: ApiServerLook[];
  app: string | undefined;
}

/** What the lab is now, asked from the machines themselves, each at once. Takes no longer than the slowest answer (2 s). */
export async function lookAtLab(lab: Lab): Promise<LabStatus> {
  const { layout } = lab;
  const environment = lab.shellEnvironment();
  const [containers, members, apiServers, nodes] = await Promise.all([
    layout.provider === 'docker' ? listContainers(layout.name) : Promise.resolve(undefined),
    lab.etcd.members(),
    lab.kubernetes.servers({ timeoutSeconds: 2 }),
    readyNodes(lab).then(
      (ready) => ({ ready, why: undefined }),
      (error: unknown) => ({ ready: undefined, why: messageOf(error) }),
    ),
  ]);
  const machines = layout.machines.map((machine): MachineStatus => {
    const etcd = members.find(({ name }) => name === machine.name);
    return {
      name: machine.name,
      roles: machine.roles,
      address: machine.address,
      sshPort: machine.publishedPorts[22],
      state: containers ? (containers.find((each) => each.machine === machine.name)?.state ?? 'missing') : 'unknown',
      ...(etcd ? { etcd } : {}),
      ...(runsKubelet(machine) ? { nodeReady: nodes.ready?.includes(machine.name) } : {}),
    };
  });
  const address = apiServers.find(({ ready }) => ready)?.address ?? environment['APISERVER'] ?? '';
  return {
    name: layout.name,
    size: layout.size,
    provider: layout.provider,
    machines,
    apiServer: nodes.why === undefined ? { address, answers: true } : { address, answers: false, why: nodes.why },
    apiServers,
    app: environment['APP'],
  };
}
