import { lastLine, lookSeconds, machineCheck } from '../../scripts/checks/looking.ts';
import { met, unknown, unmet, type Check } from '../../scripts/checks/verdict.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { FiredrillError } from '../../scripts/system/errors.ts';
import { comesTrue } from '../../scripts/system/wait.ts';
import { forgetKey } from '../etcd-keys.ts';

/** Below it, by machine, the ID of the member that was there before its disk was lost. */
const before = '/firedrill/member-before/';
/** Seconds that etcd is given: an election may be under way. */
const patienceSeconds = 10;

/** Writes down which member is on a machine, in etcd itself: the others keep it. @throws FiredrillError `no-member`. */
export async function rememberMember(lab: Lab, machine: string, deadlineSeconds = patienceSeconds): Promise<void> {
  const isKept = async (): Promise<boolean> => {
    const { memberId } = (await lab.etcd.members()).find(({ name }) => name === machine) ?? {};
    return memberId !== undefined && (await lab.etcd.ctl(['put', before + machine, memberId])).exitCode === 0;
  };
  if (await comesTrue(isKept, { what: 'the member is written down', deadlineSeconds })) return;
  throw new FiredrillError(`The etcd member on ${machine} cannot be asked for its ID, or nothing can be written.`, {
    code: 'no-member',
    remedy: "Look with 'npx firedrill lab status' who is silent, and start the step again.",
  });
}

export const forgetMembers = (lab: Lab): Promise<void> => forgetKey(lab, before, { andBelow: true });

/** The member on a machine has another ID than the one that was remembered: it was replaced, not brought back. */
export function memberIsNew(machine: string): Check {
  const claim = `the etcd member on ${machine} is a new one`;
  return machineCheck(claim, async (lab) => {
    const [members, kept] = await Promise.all([
      lab.etcd.members({ timeoutSeconds: lookSeconds }),
      lab.etcd.ctl(['get', '--print-value-only', before + machine, `--command-timeout=${lookSeconds}s`], {
        timeoutSeconds: lookSeconds + 3,
      }),
    ]);
    if (kept.exitCode !== 0) return unknown(`etcd did not answer (${lastLine(kept.stderr)})`);
    const old = kept.stdout.trim();
    if (old === '') return unknown('nobody wrote down which member was there before');
    const now = members.find(({ name }) => name === machine)?.memberId;
    if (now === undefined) return unmet(`${machine} does not answer`, claim);
    if (now !== old) return met(`its ID is ${now}; it was ${old}`);
    const hint = 'Remove it from the list, add it anew as a learner, and let it begin with an empty disk.';
    return unmet(`its ID is ${old}, as before`, claim, hint);
  });
}
