import { FiredrillError } from '../../system/errors.ts';
import { KubernetesError, patientSeconds } from '../kubernetes.ts';
import type { Lab } from '../lab.ts';
import { cordonMark } from './drain.ts';
import { surveyIn, surveyScript, type Minor, type Survey } from './on-machine.ts';
import type { NodeVersions } from './skew.ts';
import { parseVersion, type Version } from './version.ts';

interface NodeObject {
  metadata: { annotations?: Record<string, string> };
  spec: { unschedulable?: boolean };
  status: {
    nodeInfo?: { kubeletVersion?: string };
    conditions?: { type: string; status: string; message?: string; lastHeartbeatTime?: string }[];
  };
}

/** A node as the API server has it. */
export interface NodeSeen {
  /** As the kubelet reported it last. */
  kubeletVersion: string;
  ready: boolean;
  /** Why not, as the kubelet or the controller-manager said. */
  why: string;
  /** Last report of the kubelet, in seconds since 1970. */
  heartbeatAt: number;
  cordoned: boolean;
  /** Whether an upgrade cordoned it that has not come to its end. */
  cordonedByUs: boolean;
}

export interface Measured {
  /** Of each API server that answers. */
  apiServers: readonly Version[];
  survey: Survey;
  wanted: NodeVersions;
  node: NodeSeen;
}

/**
 * Measures everything that a move of a node depends on.
 * @throws FiredrillError `cannot-measure`, `version-missing`; and what `Lab.on` throws.
 */
export async function measure(lab: Lab, machine: string, minor: Minor, signal?: AbortSignal): Promise<Measured> {
  const [apiServers, node, answer] = await Promise.all([
    apiServerVersions(lab, signal),
    lookAtNode(lab, machine, signal),
    lab.on(machine, surveyScript(minor), { signal }),
  ]);
  const survey = surveyIn(answer);
  const { kubelet, kubeProxy } = survey.has;
  if (!kubelet || !kubeProxy) {
    throw new FiredrillError(`${machine} has no kubelet and kube-proxy of the ${minor} minor.`, {
      code: 'version-missing',
      remedy:
        "Run 'npx firedrill bundle verify --repair', then 'npx firedrill lab destroy' and 'npx firedrill lab up'.",
    });
  }
  return { apiServers, survey, wanted: { kubelet, kubeProxy }, node };
}

/** Both programs run as wanted, and will after a restart of the machine. */
export const runsAsWanted = ({ survey: { runs, chosen }, wanted }: Measured): boolean =>
  chosen && runs.kubelet?.text === wanted.kubelet.text && runs.kubeProxy?.text === wanted.kubeProxy.text;

async function apiServerVersions(lab: Lab, signal?: AbortSignal): Promise<Version[]> {
  const asked = lab.machinesWithRole('controller').map(async ({ name }) => {
    const said = await lab.kubernetes.get<{ gitVersion?: string }>('/version', {
      of: name,
      signal,
      timeoutSeconds: patientSeconds,
    });
    return parseVersion(said.gitVersion ?? '');
  });
  const answers = await Promise.allSettled(asked);
  signal?.throwIfAborted();
  const versions = answers.flatMap((answer) => (answer.status === 'fulfilled' && answer.value ? [answer.value] : []));
  if (versions.length > 0) return versions;
  const silence = answers.find((answer) => answer.status === 'rejected');
  throw cannotMeasure('No API server tells its version', silence?.reason);
}

/** @throws FiredrillError `cannot-measure` where the API server does not tell. */
export async function lookAtNode(lab: Lab, name: string, signal?: AbortSignal): Promise<NodeSeen> {
  let node: NodeObject;
  try {
    node = await lab.kubernetes.get<NodeObject>(`/api/v1/nodes/${name}`, { signal, timeoutSeconds: patientSeconds });
  } catch (error) {
    signal?.throwIfAborted();
    const missing = error instanceof KubernetesError && error.status === 404;
    throw cannotMeasure(missing ? `Kubernetes knows no node ${name}` : 'The API server does not answer', error);
  }
  const { metadata, spec, status } = node;
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  return {
    kubeletVersion: status.nodeInfo?.kubeletVersion ?? '',
    ready: ready?.status === 'True',
    why: ready?.message ?? 'it has not reported yet',
    heartbeatAt: Date.parse(ready?.lastHeartbeatTime ?? '') / 1000 || 0,
    cordoned: spec.unschedulable ?? false,
    cordonedByUs: metadata.annotations?.[cordonMark] !== undefined,
  };
}

const cannotMeasure = (what: string, cause: unknown): FiredrillError =>
  new FiredrillError(`${what}, so nobody can tell whether the move is allowed.`, {
    code: 'cannot-measure',
    remedy: "Look with 'npx firedrill lab status'. 'npx firedrill lab up' brings back what does not run.",
    cause,
  });
