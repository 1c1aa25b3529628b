import { machineCheck } from '../../scripts/checks/looking.ts';
import { met, unmet, type Check } from '../../scripts/checks/verdict.ts';
import { awaitDns, etcdHasLeader } from '../../scripts/lab/health.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { foundAnew, wasReplaced } from '../../scripts/lab/repair/checkpoint.ts';
import { waitUntil } from '../../scripts/system/wait.ts';

/**
 * Makes members that were replaced in this lesson what those of the first boot are, with the keys that they hold: the lesson
 * can then be done again. Members that do not come together are left: the baseline says what is wrong.
 * CoreDNS begins anew with that, and the next lesson needs it at once.
 */
export async function haveFirstMembersAgain(lab: Lab): Promise<void> {
  const together = { what: 'all members of etcd answer', deadlineSeconds: 10 };
  const areTogether = await waitUntil(() => etcdHasLeader(lab), together).then(
    () => true,
    () => false,
  );
  if (areTogether && (await foundAnew(lab))) await awaitDns(lab, { deadlineSeconds: 60 });
}

/** A replaced member would not be refused with an empty disk: whoever goes back to that drill needs the lesson's start first. */
export function memberIsOfTheFirst(machine: string): Check {
  const claim = `the etcd member on ${machine} is the one that the lab was founded with`;
  return machineCheck(claim, async (lab, signal) =>
    (await wasReplaced(lab, machine, signal))
      ? unmet('it has replaced another one', claim, "The lesson's start makes it one of the first again.")
      : met('it is'),
  );
}
