import { listed, lookSeconds, machineCheck } from '../../scripts/checks/looking.ts';
import { met, unmet, type Check } from '../../scripts/checks/verdict.ts';

/** The members that nothing happened to still answer: without a majority nobody can replace the lost one. */
export function otherMembersAnswer(lost: string): Check {
  const claim = `the etcd members beside ${lost} answer`;
  return machineCheck(claim, async (lab) => {
    const members = await lab.etcd.members({ timeoutSeconds: lookSeconds });
    const others = members.filter(({ name }) => name !== lost);
    const silent = others.filter(({ answers }) => !answers).map(({ name }) => name);
    if (silent.length === 0) return met(`${listed(others.map(({ name }) => name))} answer`);
    const start = silent.map((name) => `'ssh ${name} systemctl start --no-block etcd'`);
    const hint = `Only ${lost} is to be replaced, and that takes a majority: ${listed(start)} first.`;
    return unmet(`${listed(silent)} ${silent.length === 1 ? 'does' : 'do'} not answer`, claim, hint);
  });
}
