import { shown } from '../system/run.ts';
import type { Look } from './look.ts';
import type { SetupStep } from './plan.ts';

/** The commands with which other systems get the docker engine, vagrant, ssh and iptables. Their packagers' names. */
const installElsewhere: Readonly<Record<string, readonly string[]>> = {
  darwin: ['brew install --cask docker vagrant', 'open -a Docker'],
  fedora: ['sudo dnf install moby-engine vagrant openssh-clients iptables', 'sudo systemctl enable --now docker'],
  arch: ['sudo pacman -S --needed docker vagrant openssh iptables-nft', 'sudo systemctl enable --now docker'],
  'opensuse-tumbleweed': [
    'sudo zypper install docker vagrant openssh-clients iptables',
    'sudo systemctl enable --now docker',
  ],
};

/** What a person would type to get what the steps would give, one command a line. */
export function commandsByHand(look: Look, steps: readonly SetupStep[]): string {
  return look.apt ? commandsOfSteps(steps) : commandsElsewhere(look);
}

function commandsOfSteps(steps: readonly SetupStep[]): string {
  const lines = steps.flatMap(({ commands }) => commands.map(([file, ...args]) => shown(file, args)));
  return `As root:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

function commandsElsewhere(look: Look): string {
  if (look.platform === 'win32')
    return 'On Windows firedrill runs in WSL2: install Debian there (wsl --install Debian).';
  const known = installElsewhere[look.platform === 'linux' ? look.distribution : look.platform];
  const lines = known ?? [
    `# install with your system's packages: a docker engine, ${look.missing.map(({ package: name }) => name).join(', ')}`,
  ];
  const group = look.platform === 'linux' && !look.root ? [`sudo usermod -aG docker ${look.userName}`] : [];
  return `Run:\n${[...lines, ...group].map((line) => `  ${line}`).join('\n')}`;
}

/** How to get a Go that can build the bundle, or do without. */
export const goByHand = (apt: boolean): string =>
  [
    'One of:',
    ...(apt
      ? [
          '  on Debian 12, from its backports:',
          "    echo 'deb http://deb.debian.org/debian bookworm-backports main' | sudo tee /etc/apt/sources.list.d/backports.list",
          '    npx firedrill setup',
        ]
      : []),
    '  from https://go.dev/dl/, unpacked into /usr/local/go',
    '  a bundle that somebody else has made: npx firedrill bundle build --from FILE-OR-URL',
  ].join('\n');
