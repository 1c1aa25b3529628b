import type { Lab } from '../../scripts/lab/lab.ts';
import type { Minor } from '../../scripts/lab/upgrade/on-machine.ts';

/** The nodes of the first boot. Those that join later come with the newer minor. */
export const nodes = ['c1', 'w1', 'w2'] as const;

/**
 * Gives all nodes kubelet and kube-proxy of a minor, one after the other, as `firedrill lab upgrade` does. Those that have
 * it are left alone.
 */
export async function moveAllTo(lab: Lab, to: Minor): Promise<void> {
  const { isTold, upgradeNode } = await import('../../scripts/lab/upgrade/upgrade.ts');
  const there = await Promise.all(nodes.map((name) => isTold(lab, name, to)));
  for (const name of nodes.filter((_, index) => !there[index])) {
    await upgradeNode(lab, name, { to, drain: false, reporter: silent });
  }
}

const silent = { action: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }) };
