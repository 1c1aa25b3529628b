import type { V1Node } from '@kubernetes/client-node';
import type { Lab } from '../lab/lab.ts';
import {
  otherThan,
  progressIn,
  progressScript,
  versionFile,
  type Minor,
  type Progress,
} from '../lab/upgrade/on-machine.ts';
import { minorsBehind, parseVersion } from '../lab/upgrade/version.ts';
import { messageOf } from '../system/errors.ts';
import { clusterCheck, firstLine, machineCheck } from './looking.ts';
import { met, unknown, unmet, type Check } from './verdict.ts';

/**
 * kubelet and kube-proxy of the machine are those of the minor, also after a restart, and its node says the kubelet's
 * version. The newer minor is the API server's.
 */
export function nodeRunsMinor(machine: string, minor: Minor): Check {
  const claim = `${machine} runs kubelet and kube-proxy of the ${minor} minor`;
  return clusterCheck(claim, async (cluster, lab) => {
    const moved = await lookAtPrograms(lab, machine, minor);
    if (typeof moved === 'string') return unknown(moved);
    if (!moved.kubelet || !moved.kubeProxy) return unmet(programsInWords(moved, minor), claim);
    if (!moved.chosen) {
      const hint = `${versionFile} decides, and nothing else: take back what else you changed.`;
      return unmet(`they run, but ${versionFile} on ${machine} does not choose them`, claim, hint);
    }
    const server = parseVersion((await cluster.get<{ gitVersion?: string }>('/version'))?.gitVersion ?? '');
    const node = await cluster.get<V1Node>(`/api/v1/nodes/${machine}`);
    const kubelet = parseVersion(node?.status?.nodeInfo?.kubeletVersion ?? '');
    if (!server || !kubelet)
      return unknown(`nobody tells the version of ${server ? `node ${machine}` : 'the API server'}`);
    const saw = `node ${machine} says kubelet ${kubelet.text}`;
    return minorsBehind(kubelet, server) > 0 === (minor === 'older') ? met(saw) : unmet(`${saw} still`, claim);
  });
}

/** kube-proxy is of the minor, and no kubelet runs: a move that stopped half-way. */
export function nodeIsHalfMoved(machine: string, minor: Minor): Check {
  const claim = `${machine} runs a kube-proxy of the ${minor} minor, and no kubelet`;
  return machineCheck(claim, async (lab) => {
    const [to, from] = [
      await lookAtPrograms(lab, machine, minor),
      await lookAtPrograms(lab, machine, otherThan(minor)),
    ];
    if (typeof to === 'string') return unknown(to);
    if (typeof from === 'string') return unknown(from);
    if (to.kubelet || from.kubelet) return unmet(`a kubelet runs on ${machine}`, claim);
    return to.kubeProxy ? met(claim) : unmet(`no kube-proxy of the ${minor} minor runs`, claim);
  });
}

/** Seconds for all that the machine is asked: some of it is given 2 s by itself. */
const scriptSeconds = 9;

type Programs = Progress['moved'] & Pick<Progress, 'chosen'>;

/** Which programs are of the minor; a text where the machine does not tell. */
async function lookAtPrograms(lab: Lab, machine: string, minor: Minor): Promise<Programs | string> {
  try {
    const result = await lab.on(machine, progressScript(minor), { timeoutSeconds: scriptSeconds });
    if (!/^kubelet (moved|not)$/m.test(result.stdout)) return `${machine} does not tell (${firstLine(result.stderr)})`;
    const { moved, chosen } = progressIn(result);
    return { ...moved, chosen };
  } catch (error) {
    return firstLine(messageOf(error));
  }
}

const programsInWords = ({ kubelet, kubeProxy }: Progress['moved'], minor: Minor): string => {
  const missing = [...(kubelet ? [] : ['kubelet']), ...(kubeProxy ? [] : ['kube-proxy'])];
  return `no ${missing.join(' and no ')} of the ${minor} minor runs`;
};
