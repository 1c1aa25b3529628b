import { firstLine, lookSeconds, machineCheck } from './looking.ts';
import { met, unknown, unmet, type Check, type Verdict } from './verdict.ts';

/** systemd says that the unit is running. */
export function serviceIsActive(machine: string, unit: string): Check {
  const claim = `${unit} runs on ${machine}`;
  return unitCheck(claim, machine, unit, (state) => {
    const saw = `${unit} on ${machine} is ${state}`;
    return state === 'active' ? met(saw) : unmet(saw, claim);
  });
}

/** The unit is stopped or failed. One that is on its way down or up does not count yet. */
export function serviceIsInactive(machine: string, unit: string): Check {
  const claim = `${unit} does not run on ${machine}`;
  return unitCheck(claim, machine, unit, (state) => {
    const saw = `${unit} on ${machine} is ${state}`;
    return state === 'inactive' || state === 'failed' ? met(saw) : unmet(saw, claim);
  });
}

function unitCheck(claim: string, machine: string, unit: string, judge: (state: string) => Verdict): Check {
  return machineCheck(claim, async (lab) => {
    const result = await lab.on(machine, `systemctl is-active ${unit}`, { timeoutSeconds: lookSeconds });
    // is-active exits with 3 where a unit does not run, and prints its state all the same.
    const state = firstLine(result.stdout);
    if (state === '') return unknown(`systemd on ${machine} does not answer (${firstLine(result.stderr)})`);
    return judge(state);
  });
}

/** A file is there on the machine. */
export function fileIsThere(machine: string, path: string): Check {
  const claim = `${path} is there on ${machine}`;
  return machineCheck(claim, async (lab) => {
    const result = await lab.on(machine, `test -e '${path}' && echo yes || echo no`, { timeoutSeconds: lookSeconds });
    const answer = firstLine(result.stdout);
    if (answer !== 'yes' && answer !== 'no') return unknown(`${machine} does not tell (${firstLine(result.stderr)})`);
    return answer === 'yes' ? met(claim) : unmet(`there is no ${path} on ${machine}`, claim);
  });
}
