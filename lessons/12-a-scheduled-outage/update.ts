import { firstLine, lookSeconds, machineCheck } from '../../scripts/checks/looking.ts';
import { met, unknown, unmet, type Check } from '../../scripts/checks/verdict.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

/** A program on each worker that stands in for an upgrade of its system. */
export const installUpdate = '/etc/firedrill/install-update';
/** In which boot of the machine it ran. */
const mark = '/etc/firedrill/update';

/** Prints what no two boots of a machine have in common: a container's first process is as old as its boot. */
const thisBoot = `echo "$(cat /proc/sys/kernel/random/boot_id) $(cut -d ' ' -f 22 /proc/1/stat)"`;

/**
 * The program changes nothing. It leaves the file that Debian's and Ubuntu's kernel packages leave where only a reboot
 * brings an update into force, and that kured looks for (https://kured.dev/docs/configuration/). /run is memory: a reboot
 * takes it away.
 */
const program = `#!/bin/sh
# Stands in for an upgrade of this machine's system: nothing is changed.
${thisBoot} > ${mark}
echo '*** System restart required ***' > /run/reboot-required
echo "An update is installed on $(hostname). A reboot brings it into force."
`;

export async function bringUpdateProgram(lab: Lab, ...machines: readonly string[]): Promise<void> {
  const script = `mkdir -p /etc/firedrill && cat > ${installUpdate} && chmod 755 ${installUpdate}`;
  await Promise.all(machines.map((machine) => lab.on(machine, script, { input: program })));
}

/** Takes away all that this lesson put on machines. One that does not answer keeps it, and it does no harm there. */
export async function forgetUpdates(lab: Lab, ...machines: readonly string[]): Promise<void> {
  const script = `rm -f ${installUpdate} ${mark} /run/reboot-required`;
  await Promise.all(machines.map((machine) => lab.on(machine, script).catch(() => undefined)));
}

const states = { none: 'no update was installed', waits: 'it waits for a reboot', inForce: 'it was booted since' };

const stateScript = `if [ ! -e ${mark} ]; then echo none
elif [ "$(cat ${mark})" = "$(${thisBoot})" ]; then echo waits
else echo inForce; fi`;

/** An update was installed in this boot of the machine. */
export const updateWaits = (machine: string): Check => updateCheck(`an update waits on ${machine}`, machine, 'waits');

/** The machine was booted after an update had been installed on it. */
export const updateIsInForce = (machine: string): Check =>
  updateCheck(`${machine} was rebooted after its update`, machine, 'inForce');

const updateCheck = (claim: string, machine: string, wanted: keyof typeof states): Check =>
  machineCheck(claim, async (lab) => {
    const { stdout, stderr } = await lab.on(machine, stateScript, { timeoutSeconds: lookSeconds });
    const state = firstLine(stdout);
    if (!(state in states)) return unknown(`${machine} does not tell (${firstLine(stderr)})`);
    const saw = `${machine}: ${states[state as keyof typeof states]}`;
    return state === wanted ? met(saw) : unmet(saw, claim);
  });
