import { counted, lastLine, listed, lookSeconds, machineCheck } from './looking.ts';
import { met, unknown, unmet, type Check } from './verdict.ts';

/** Exactly so many members give no answer when they are asked one by one. */
export function etcdMembersAreSilent(count: number): Check {
  const claim = `exactly ${counted(count, 'etcd member')} ${count === 1 ? 'does' : 'do'} not answer`;
  return machineCheck(claim, async (lab) => {
    const members = await lab.etcd.members({ timeoutSeconds: lookSeconds });
    const silent = members.filter((member) => !member.answers).map((member) => member.name);
    const tooMany = silent.length > count ? ', that is more than asked for' : '';
    const saw = silent.length === 0 ? 'every member answers' : `no answer from ${listed(silent)}${tooMany}`;
    return silent.length === count ? met(saw) : unmet(saw, claim);
  });
}

/** Every member of the cluster's own list has started and may vote: none is a learner. */
export function etcdMembersVote(): Check {
  const claim = 'every etcd member may vote';
  return machineCheck(claim, async (lab) => {
    const args = ['member', 'list', '--write-out=simple', `--command-timeout=${lookSeconds}s`];
    const result = await lab.etcd.ctl(args, { timeoutSeconds: lookSeconds + 3 });
    if (result.exitCode !== 0) return unknown(`etcd did not give its list (${lastLine(result.stderr)})`);
    // id, status, name, peer addresses, client addresses, is learner. One that has not started has no name yet.
    const lines = result.stdout.split('\n').map((line) => line.split(',').map((word) => word.trim()));
    const members = lines.filter((words) => words.length >= 6);
    const learners = members.filter((words) => words.at(-1) === 'true');
    const late = members.filter((words) => words[1] !== 'started');
    if (late.length > 0) return unmet(`${counted(late.length, 'member')} of the list has not started`, claim);
    if (learners.length > 0) {
      const saw = `${listed(learners.map((words) => words[2] ?? ''))} only learns`;
      return unmet(saw, claim, "A learner becomes a voter by 'etcdctl member promote', once it has caught up.");
    }
    return met(`${listed(members.map((words) => words[2] ?? ''))} may vote`);
  });
}

/**
 * Every member has data on its disk and its service is started, whether it has found the others yet or not.
 * @param hint what to do where only some are so
 */
export function etcdMembersAreStarted(hint?: string): Check {
  const claim = 'every etcd member has data on its disk, and is started';
  return machineCheck(claim, async (lab) => {
    const names = lab.machinesWithRole('etcd').map(({ name }) => name);
    const looks = await Promise.all(names.map((name) => lab.on(name, startedScript, { timeoutSeconds: lookSeconds })));
    const states = looks.map(({ stdout }) => stdout.trim());
    const those = (state: string) => names.filter((_, index) => states[index] === state);
    const [started, stopped, empty] = [those('started'), those('stopped'), those('empty')];
    if (started.length === names.length) return met(`${listed(names)} are started`);
    if (started.length + stopped.length + empty.length < names.length) return unknown('a machine did not tell');
    const saw = [
      ...(started.length > 0 ? [`${listed(started)} ${isOrAre(started)} started`] : []),
      ...(stopped.length > 0 ? [`${listed(stopped)} ${isOrAre(stopped)} stopped`] : []),
      ...(empty.length > 0 ? [`${listed(empty)} ${empty.length === 1 ? 'has' : 'have'} no data`] : []),
    ];
    return unmet(saw.join(', '), claim, hint);
  });
}

/** One that waits for the others is `activating`. */
const startedScript = `[ -e /var/lib/etcd/data/member ] || { echo empty; exit 0; }
  case $(systemctl is-active etcd) in active|activating) echo started ;; *) echo stopped ;; esac`;

const isOrAre = (names: readonly string[]): string => (names.length === 1 ? 'is' : 'are');
