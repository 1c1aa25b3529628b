import { inotifyLimitPath, leastInotifyLimit, wantedInotifyLimit } from '../lab/inotify.ts';
import { oldestEngine } from './engine.ts';
import { oldestGo } from './needs.ts';
import { commandsByHand, goByHand } from './by-hand.ts';
import type { Look } from './look.ts';

/** One thing that setup does as root. */
export interface SetupStep {
  kind: 'install' | 'join-group' | 'raise-limit' | 'start-engine';
  /** What it does, as a sentence without a full stop. */
  title: string;
  /** Programs and their words, in order; run as root. Without systemd the engine is run so that it outlives the program. */
  commands: readonly (readonly [string, ...string[]])[];
}

/** Something that setup cannot do on this computer, and what a person can do. */
export interface Obstacle {
  what: string;
  remedy: string;
}

export interface Plan {
  steps: readonly SetupStep[];
  obstacles: readonly Obstacle[];
  /** The user may use docker, but not in a login as old as this one. */
  needsNewLogin: boolean;
}

export const nothingToDo = (plan: Plan): boolean => plan.steps.length === 0 && plan.obstacles.length === 0;

/** What has to be done on a computer that looks like this. */
export function makePlan(look: Look): Plan {
  const steps = wantedSteps(look);
  const needsNewLogin = look.engine.kind === 'forbidden' || steps.some(({ kind }) => kind === 'join-group');
  const obstacles = [...engineObstacles(look), ...goObstacles(look)];
  if (steps.length === 0) return { steps, obstacles, needsNewLogin };
  const inTheWay = whyNotByItself(look, steps);
  if (inTheWay) return { steps: [], obstacles: [inTheWay, ...obstacles], needsNewLogin: false };
  return { steps, obstacles, needsNewLogin };
}

function wantedSteps(look: Look): SetupStep[] {
  const packages = [
    ...(look.engine.kind === 'missing' ? ['docker.io'] : []),
    ...look.missing.map((need) => need.package),
    ...(look.go.kind === 'missing' && look.go.package ? [look.go.package] : []),
  ];
  const engineIsOff = look.engine.kind === 'missing' || look.engine.kind === 'stopped';
  const mayNot = engineIsOff || look.engine.kind === 'forbidden';
  const steps: SetupStep[] = [];
  if (packages.length > 0) steps.push(installStep(packages));
  if (mayNot && !look.root && !look.inDockerGroup && look.platform === 'linux') {
    steps.push({
      kind: 'join-group',
      title: `Let ${look.userName} use the docker engine (this is as much power as root has)`,
      commands: [['usermod', '-aG', 'docker', look.userName]],
    });
  }
  if (look.inotifyLimit !== undefined && look.inotifyLimit < leastInotifyLimit)
    steps.push(raiseInotify(look.inotifyLimit));
  if (engineIsOff) {
    const command = look.systemd ? (['systemctl', 'enable', '--now', 'docker'] as const) : (['dockerd'] as const);
    steps.push({ kind: 'start-engine', title: 'Start the docker engine', commands: [command] });
  }
  return steps;
}

const installStep = (packages: readonly string[]): SetupStep => ({
  kind: 'install',
  title: `Install ${packages.length} package${packages.length === 1 ? '' : 's'}: ${packages.join(' ')}`,
  commands: [
    ['apt-get', 'update'],
    ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '--yes', '--no-install-recommends', ...packages],
  ],
});

/** Where the system reads the raised limit at its start. */
export const inotifyFile = '/etc/sysctl.d/90-firedrill.conf';

/** Now, and each time that this computer starts. */
const raiseInotify = (limit: number): SetupStep => ({
  kind: 'raise-limit',
  title: `Let more programs watch files: the machines run many (fs.inotify.max_user_instances from ${limit} to ${wantedInotifyLimit})`,
  commands: [
    ['sh', '-c', `echo ${wantedInotifyLimit} > ${inotifyLimitPath}`],
    ['sh', '-c', `mkdir -p /etc/sysctl.d && echo fs.inotify.max_user_instances=${wantedInotifyLimit} > ${inotifyFile}`],
  ],
});

/** Undefined where setup may and can do the steps. */
function whyNotByItself(look: Look, steps: readonly SetupStep[]): Obstacle | undefined {
  const byHand = commandsByHand(look, steps);
  if (look.platform !== 'linux' || (!look.apt && steps.some(({ kind }) => kind === 'install'))) {
    return { what: 'Setup installs packages on Debian and Ubuntu only.', remedy: byHand };
  }
  if (look.root || look.sudo === 'free' || (look.sudo === 'password' && look.terminal)) return undefined;
  return look.sudo === 'none'
    ? { what: 'This needs root, and there is no sudo.', remedy: byHand }
    : { what: 'sudo asks for a password, and there is no terminal to type it in.', remedy: byHand };
}

function engineObstacles({ engine }: Look): Obstacle[] {
  if (engine.kind !== 'old') return [];
  return [
    {
      what: `The docker engine is version ${engine.version}; the lab needs ${oldestEngine} or newer.`,
      remedy: 'Install a newer one: https://docs.docker.com/engine/install/',
    },
  ];
}

function goObstacles({ go, apt }: Look): Obstacle[] {
  if (go.kind !== 'missing' || go.package !== undefined) return [];
  return [
    {
      what: `The bundle can't be downloaded from here, and to build it Go ${oldestGo} or newer is needed; ${go.saw}.`,
      remedy: goByHand(apt),
    },
  ];
}
