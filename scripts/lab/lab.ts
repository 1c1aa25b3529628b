import type { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import type { CommandResult } from '../system/run.ts';
import type { Layout, Machine } from './layout.ts';

export interface OnMachineOptions {
  /** Default 20 s. */
  timeoutSeconds?: number;
  signal?: AbortSignal | undefined;
  input?: string | Uint8Array | undefined;
}

/** A rendered lab, up or not. What checks, faults and lessons are given. */
/** An object of the API, as far as this program looks at it. */
export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    /** Who has set which of its fields. */
    managedFields?: readonly { manager?: string }[];
    ownerReferences?: readonly unknown[];
    deletionTimestamp?: string;
  };
  spec?: { nodeName?: string };
  status?: { containerStatuses?: readonly { state?: { waiting?: { reason?: string } } }[] };
}

export interface Lab {
  /** Its machines as they are now: workers may join and leave while a lesson runs. */
  readonly layout: Layout;
  /** Folder of the lab's state on the host. */
  readonly folder: string;

  /** @throws FiredrillError `unknown-machine`, with the machines that there are. */
  machine(name: string): Machine;
  machinesWithRole(role: 'etcd' | 'controller' | 'worker'): readonly Machine[];

  /**
   * Runs a POSIX shell command as root on a machine, over a connection that is kept.
   * Any exit code is returned; a machine that does not answer throws FiredrillError `machine-unreachable`.
   */
  on(machine: string, command: string, options?: OnMachineOptions): Promise<CommandResult>;

  /** Runs a shell command on the host as the learner's shell would: kubectl, etcdctl, the kubeconfig, $APP. */
  onHost(command: string, options?: OnMachineOptions & { onLine?: (line: string) => void }): Promise<CommandResult>;

  /** Environment of the learner's shell: PATH, KUBECONFIG, ETCDCTL_*, APP. */
  shellEnvironment(): Record<string, string>;

  readonly kubernetes: Kubernetes;
  readonly etcd: Etcd;
}

/**
 * The API server, asked with the administrator's certificate. With two controllers, the one that answers is asked. Every
 * call throws on no answer; see `isUnreachable`.
 */
export interface Kubernetes {
  /**
   * GET of an API path such as `/api/v1/nodes`, parsed; `of` names the one controller to ask, `accept` another form
   * of JSON. Throws `KubernetesError` with `status` on a non-2xx answer.
   */
  get<T = unknown>(
    path: string,
    options?: { timeoutSeconds?: number; signal?: AbortSignal | undefined; of?: string; accept?: string },
  ): Promise<T>;
  /**
   * DELETE of an API path: an object, or all objects of a kind that a selector in the path names. One that is not there
   * is as good as deleted. Throws like `get`.
   */
  remove(path: string, options?: { timeoutSeconds?: number; signal?: AbortSignal | undefined }): Promise<void>;
  /** Whether `/readyz` says ok; with two controllers, of one of them at least. Never throws. */
  ready(timeoutSeconds?: number): Promise<boolean>;
  /**
   * The API server of each controller, asked on its own, at once, whether it is ready; `without` names checks of `/readyz`
   * that do not count. Never throws. Default time limit 1 s.
   */
  servers(options?: { timeoutSeconds?: number; without?: readonly string[] }): Promise<ApiServerLook[]>;
  /**
   * Server-side apply of one or more YAML documents, in their order; fields that somebody else has set give way. One that
   * is being removed is waited for, up to 60 s, and made anew.
   * @returns the objects as they are then; with `dryRun`, as they would be.
   * @throws FiredrillError `apply-failed`, and `waited-in-vain` where one that is being removed does not go.
   */
  apply(manifest: string, options?: { dryRun?: boolean }): Promise<ApiObject[]>;
  /** API path of each object of a manifest. @throws FiredrillError `apply-failed` where the cluster has no such kind. */
  pathsOf(manifest: string): Promise<string[]>;
  config(): Promise<KubeConfig>;
  core(): Promise<CoreV1Api>;
}

export interface ApiServerLook {
  /** Name of the controller, such as `c1`. */
  machine: string;
  /** Where the host reaches it: `https://127.0.0.1:8443`. */
  address: string;
  /** Whether its `/readyz` says ok. */
  ready: boolean;
  /** Why not. */
  why?: string;
}

export interface EtcdMember {
  /** Name of the machine, such as `e1`. */
  name: string;
  answers: boolean;
  /** Why it does not answer. */
  why?: string;
  memberId?: string;
  isLeader?: boolean;
  leaderId?: string;
  raftTerm?: number;
  raftIndex?: number;
  revision?: number;
  dbSizeBytes?: number;
  version?: string;
}

export interface Etcd {
  /** Each member asked on its own, at once: serving or not, leader, term, revision. */
  members(options?: { timeoutSeconds?: number }): Promise<EtcdMember[]>;
  /** Runs etcdctl on the host against all members (or those named) with the lab's client certificate. */
  ctl(
    args: readonly string[],
    options?: { members?: readonly string[]; timeoutSeconds?: number },
  ): Promise<CommandResult>;
  /**
   * One call of a member's JSON gateway, such as `/v3/kv/range`: cheap enough to be made many times a second. Throws
   * where that member does not answer in time (default 2 s) or refuses.
   */
  call(member: string, path: string, body: unknown, options?: { timeoutSeconds?: number }): Promise<unknown>;
}
