import { FiredrillError } from '../system/errors.ts';

/** What a machine is for. A machine of size `single` has all three roles. */
export type Role = 'etcd' | 'controller' | 'worker';
export type Size = 'default' | 'single' | 'ha';
export type Provider = 'docker' | 'virtualbox' | 'parallels';

export const sizes: readonly Size[] = ['default', 'single', 'ha'];
export const providers: readonly Provider[] = ['docker', 'virtualbox', 'parallels'];

export interface Machine {
  /** `e1`, `c1`, `w1`. */
  name: string;
  roles: readonly Role[];
  /** Last part of its address; also the third part of its pod network, `10.2.<number>.0/24`. */
  number: number;
  /** Address on the lab's own network. The host may not reach it: use the published ports. */
  address: string;
  /** Ports on 127.0.0.1 of the host, by the port on the machine: 22, 2379, 6443, 30080. */
  publishedPorts: Readonly<Record<number, number>>;
  /** It came to a cluster that ran already: it asks for its certificates, and may leave again. */
  joined?: true | undefined;
}

export interface Layout {
  /** Name of the lab; prefix of its containers, network and volumes. */
  name: string;
  size: Size;
  provider: Provider;
  /** CIDR of the machines' network, a /24. */
  subnet: string;
  /** First of the 300 ports on 127.0.0.1 from which the published ports are taken. */
  firstPort: number;
  machines: readonly Machine[];
}

/** Port on every worker at which Kubernetes publishes the guestbook. */
export const appNodePort = 30080;
export const podNetwork = '10.2.0.0/16';
export const serviceNetwork = '10.3.0.0/24';
export const dnsAddress = '10.3.0.10';
/** The Service `kubernetes`: the first address of the range. */
export const serviceOfApi = { address: '10.3.0.1', port: 443 } as const;
export const defaultSubnet = '10.0.3.0/24';
export const defaultFirstPort = 8400;
/** Any user may open these, and the last of 300 is still one. */
export const firstPorts = { from: 1024, to: 65000 } as const;

export const hasRole = (machine: Machine, role: Role): boolean => machine.roles.includes(role);
export const runsKubelet = (machine: Machine): boolean => machine.roles.some((role) => role !== 'etcd');
/** Whether a worker is none of the first boot: those have certificates that were made on the host, and never leave. */
export const joins = (machine: Machine): boolean => machine.joined === true;
export const podSubnet = (machine: Machine): string => `10.2.${machine.number}.0/24`;

/** Port on 127.0.0.1 of every machine with a kubelet, at which HAProxy listens where there is more than one controller. */
export const balancerPort = 6444;
/** Whether the clients of the API server reach it through a load balancer on their own machine. */
export const isBalanced = ({ machines }: Pick<Layout, 'machines'>): boolean =>
  machines.filter((machine) => hasRole(machine, 'controller')).length > 1;

/** First numbers of the roles' addresses; the talk's machines were numbered like this. */
export const firstNumber: Record<Role, number> = { etcd: 51, controller: 101, worker: 201 };
const shortName: Record<Role, string> = { etcd: 'e', controller: 'c', worker: 'w' };
const counts: Record<Exclude<Size, 'single'>, Record<Role, number>> = {
  default: { etcd: 3, controller: 1, worker: 2 },
  ha: { etcd: 3, controller: 2, worker: 3 },
};

export interface LayoutChoices {
  name: string;
  size?: Size | undefined;
  provider?: Provider | undefined;
  subnet?: string | undefined;
  firstPort?: number | undefined;
}

/**
 * The machines of a lab, their addresses and their ports on the host.
 * @throws FiredrillError `bad-lab-name`, `bad-subnet`, `bad-port`, `size-needs-docker`.
 */
export function createLayout(choices: LayoutChoices): Layout {
  const { name, size = 'default', provider = 'docker', subnet = defaultSubnet, firstPort = defaultFirstPort } = choices;
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
    throw new FiredrillError(`'${name}' cannot be the name of a lab.`, {
      code: 'bad-lab-name',
      remedy: 'Use up to 31 small letters, digits and hyphens, a letter first.',
      exitCode: 2,
    });
  }
  if (!/^(\d{1,3}\.){3}0\/24$/.test(subnet) || subnet.split('.').some((part) => Number.parseInt(part, 10) > 255)) {
    throw new FiredrillError(`'${subnet}' cannot be the network of a lab.`, {
      code: 'bad-subnet',
      remedy: `Name a /24 that nothing else uses, such as ${defaultSubnet}.`,
      exitCode: 2,
    });
  }
  if (!Number.isInteger(firstPort) || firstPort < firstPorts.from || firstPort > firstPorts.to) {
    throw new FiredrillError(`${firstPort} cannot be the first port of a lab.`, {
      code: 'bad-port',
      remedy: `Name a number from ${firstPorts.from} to ${firstPorts.to}.`,
      exitCode: 2,
    });
  }
  if (size === 'ha' && provider !== 'docker') {
    throw new FiredrillError(`A lab of size 'ha' cannot be made with the provider ${provider}.`, {
      code: 'size-needs-docker',
      remedy: 'Use --provider docker: its machines have HAProxy, and those of Flatcar Container Linux have not.',
      exitCode: 2,
    });
  }
  const machine = (machineName: string, roles: readonly Role[], number: number): Machine =>
    machineAt({ subnet, firstPort }, machineName, roles, number);
  const machines =
    size === 'single'
      ? [machine('c1', ['etcd', 'controller', 'worker'], firstNumber.controller)]
      : (['etcd', 'controller', 'worker'] as const).flatMap((role) =>
          Array.from({ length: counts[size][role] }, (_, index) =>
            machine(`${shortName[role]}${index + 1}`, [role], firstNumber[role] + index),
          ),
        );
  return { name, size, provider, subnet, firstPort, machines };
}

/**
 * Looks whether machines of this provider can be booted.
 * @throws FiredrillError `provider-not-usable` for virtual machines: what they are told is rendered, and that is all.
 */
export function requireUsable(provider: Provider): void {
  if (provider === 'docker') return;
  throw new FiredrillError(`No lab can be booted with the provider ${provider} yet: its machines are only rendered.`, {
    code: 'provider-not-usable',
    remedy:
      "Leave '--provider' out: then docker makes the machines. 'npx vitest run --project unit test/lab/render.test.ts' renders the others and looks at what they would be told; README.md, 'Providers', says what is missing.",
    exitCode: 2,
  });
}

/** A machine of a lab, with the address and the ports that follow from its number. */
export function machineAt(
  { subnet, firstPort }: Pick<Layout, 'subnet' | 'firstPort'>,
  name: string,
  roles: readonly Role[],
  number: number,
): Machine {
  const address = subnet.replace(/0\/24$/, String(number));
  return { name, roles, number, address, publishedPorts: publishedPorts(roles, number, firstPort) };
}

function publishedPorts(roles: readonly Role[], number: number, firstPort: number): Record<number, number> {
  const ports: Record<number, number> = { 22: firstPort + number };
  if (roles.includes('etcd')) ports[2379] = firstPort + 10 + (number % 50);
  if (roles.includes('controller')) ports[6443] = firstPort + 43 + (number - firstNumber.controller);
  if (roles.includes('worker')) ports[appNodePort] = firstPort + 80 + (number % 100);
  return ports;
}

/** Ports of 127.0.0.1 that a lab's machines use. */
export const portsOf = ({ machines }: Pick<Layout, 'machines'>): number[] =>
  machines.flatMap(({ publishedPorts }) => Object.values(publishedPorts));
