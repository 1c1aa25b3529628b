import type { Lab } from '../../scripts/lab/lab.ts';
import { moveScript, type Minor } from '../../scripts/lab/upgrade/on-machine.ts';

/** The nodes of the first boot. Those that join later come with the newer minor. */
export const nodes = ['c1', 'w1', 'w2'] as const;

/** Gives all nodes kubelet and kube-proxy of a minor. Their pods run on; that they are Ready again is for checks to see. */
export async function moveAllTo(lab: Lab, minor: Minor): Promise<void> {
  await Promise.all(nodes.map((name) => lab.on(name, moveScript(minor))));
}
