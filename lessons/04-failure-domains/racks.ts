import type { V1ConfigMap } from '@kubernetes/client-node';
import { clusterCheck, listed } from '../../scripts/checks/looking.ts';
import { met, unmet, type Check } from '../../scripts/checks/verdict.ts';
import { cutPower } from '../../scripts/faults/cut-power.ts';
import type { Fault } from '../../scripts/faults/fault.ts';
import { patientSeconds } from '../../scripts/lab/kubernetes.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

export const members = ['e1', 'e2', 'e3'] as const;
const racks = ['a', 'b', 'c'];
const path = '/api/v1/namespaces/default/configmaps/racks';

/** The learner's notebook says where each etcd member stands, and no rack holds so many that the rest is no majority. */
export function etcdSurvivesAnyRack(): Check {
  const claim = 'the ConfigMap racks places e1, e2 and e3 so that any one rack may be lost';
  return clusterCheck(claim, async (cluster) => {
    const notebook = await cluster.get<V1ConfigMap>(path);
    if (!notebook) return unmet('there is no ConfigMap racks in the namespace default', claim);
    const placed = members.map((member) => ({ member, rack: notebook.data?.[member]?.trim() ?? '' }));
    const lost = placed.filter(({ rack }) => !racks.includes(rack)).map(({ member }) => member);
    if (lost.length > 0) return unmet(`it names no rack a, b or c for ${listed(lost)}`, claim);
    const mayBeLost = Math.floor((members.length - 1) / 2);
    const crowded = racks.find((rack) => placed.filter((one) => one.rack === rack).length > mayBeLost);
    const saw = placed.map(({ member, rack }) => `${member} in ${rack}`).join(', ');
    return crowded === undefined ? met(saw) : unmet(`${saw}: without rack ${crowded} there is no majority`, claim);
  });
}

/** Rack b loses its power: w2, and the etcd member that the learner put there. */
export async function loseRackB(lab: Lab): Promise<Fault> {
  const notebook = await lab.kubernetes.get<V1ConfigMap>(path, { timeoutSeconds: patientSeconds });
  const inRack = members.filter((member) => notebook.data?.[member]?.trim() === 'b');
  return { ...cutPower(lab, 'w2', ...inRack), title: 'rack b has no power' };
}
