import { lookSeconds, machineCheck } from '../../scripts/checks/looking.ts';
import { met, unmet, type Check } from '../../scripts/checks/verdict.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

const fatal = `grep -E '"level":"(fatal|panic)"'`;

/** Why etcd ended itself on a machine since the fault, or undefined where it did not. */
export async function lastWords(lab: Lab, machine: string, startedAt: number): Promise<string | undefined> {
  // The fault is in force a moment before the drill says so.
  const since = Math.floor(startedAt / 1000) - 15;
  return wordsIn(await lab.on(machine, `journalctl --no-pager --output=cat -u etcd --since @${since} | ${fatal} -m 1`));
}

/** etcd on a machine ended itself in the last seconds, and said why. systemd starts it again, so it says so again. */
export function endedItself(machine: string): Check {
  const claim = `etcd on ${machine} ended itself, and said why`;
  return machineCheck(claim, async (lab) => {
    const words = await latestWords(lab, machine, '--since=-30s');
    return words === undefined ? unmet('it has said nothing lately', claim) : met(`its last words: ${words}`);
  });
}

/** etcd on a machine ended itself a moment ago, because its log did not have the checksum that it should have. */
export function endedByWrongChecksum(machine: string): Check {
  const claim = `etcd on ${machine} ended because of a wrong checksum`;
  return machineCheck(claim, async (lab) => {
    const words = await latestWords(lab, machine, '-n 200');
    if (words === undefined) return unmet('it has not said why it ended', claim);
    const saw = `its last words: ${words}`;
    return /crc mismatch/i.test(words) ? met(saw) : unmet(saw, claim);
  });
}

/** @param part of the journal, as journalctl's option has it */
async function latestWords(lab: Lab, machine: string, part: string): Promise<string | undefined> {
  const script = `journalctl --no-pager --output=cat -u etcd ${part} | ${fatal} | tail -n 1`;
  return wordsIn(await lab.on(machine, script, { timeoutSeconds: lookSeconds }));
}

function wordsIn({ stdout }: { stdout: string }): string | undefined {
  const [, says, error] = /"msg":"([^"]*)"(?:,"error":"([^"]*)")?/.exec(stdout) ?? [];
  return error ?? says;
}
