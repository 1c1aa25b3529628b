import { firstLine, machineCheck } from '../../scripts/checks/looking.ts';
import { met, unknown, unmet, type Check } from '../../scripts/checks/verdict.ts';
import { breakProgram } from '../../scripts/faults/break-program.ts';
import type { Fault } from '../../scripts/faults/fault.ts';
import { moveScript, programFolders } from '../../scripts/lab/upgrade/on-machine.ts';

export const olderKubelet = `${programFolders.older}/kubelet`;
/** Where the learner keeps what is mounted over a program, and what it leaves behind. */
export const standInFolder = '/root/stand-in';

/**
 * Somebody moves a machine to the older minor, whose kubelet does not start there: kube-proxy is moved, and no kubelet
 * runs. The undo goes all the way back, where the learner has not done it.
 */
export function stopHalfWay(machine: string): Fault {
  const broken = breakProgram(machine, olderKubelet);
  return {
    ...broken,
    kind: 'stop-half-way',
    title: `somebody was called away while ${machine} was changed`,
    inject: [broken.inject, moveScript('older')].join('\n'),
    undo: [broken.undo ?? ':', moveScript('newer')].join('\n'),
  };
}

/** Nothing is mounted over the older kubelet: it is the one that came with the machine. */
export function olderKubeletIsWhole(machine: string): Check {
  const claim = `nothing lies over ${olderKubelet} on ${machine}`;
  return machineCheck(claim, async (lab) => {
    const result = await lab.on(machine, `cut -d ' ' -f 2 /proc/mounts | grep -cxF ${olderKubelet}`);
    const count = result.stdout.trim();
    if (!/^\d+$/.test(count)) return unknown(`${machine} does not tell (${firstLine(result.stderr)})`);
    const hint = `'umount ${olderKubelet}' on ${machine} takes it away.`;
    return count === '0' ? met(claim) : unmet('something lies over it', claim, hint);
  });
}

/** Takes away what the learner left on the machine, and goes back to the newer minor. Safe to run twice. */
export const tidyScript = `
while umount ${olderKubelet} 2>/dev/null || umount -l ${olderKubelet} 2>/dev/null; do :; done
rm -rf ${standInFolder}
systemctl unset-environment KUBERNETES_BIN
${moveScript('newer')}`;
