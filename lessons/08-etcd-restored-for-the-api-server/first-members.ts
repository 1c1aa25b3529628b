import { awaitDns, etcdHasLeader } from '../../scripts/lab/health.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { foundAnew } from '../../scripts/lab/repair/checkpoint.ts';
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
