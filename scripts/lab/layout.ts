/** What one machine is for. `single` is everything on one machine. */
export type Role = 'etcd' | 'controller' | 'worker';
export type Size = 'default' | 'single';
export type Provider = 'docker' | 'virtualbox' | 'parallels';

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
}

export interface Layout {
  /** Name of the lab; prefix of its containers, network and volumes. */
  name: string;
  size: Size;
  provider: Provider;
  /** CIDR of the machines' network, a /24. */
  subnet: string;
  machines: readonly Machine[];
}

/** Port on every worker at which Kubernetes publishes the guestbook. */
export const appNodePort = 30080;
export const podNetwork = '10.2.0.0/16';
export const serviceNetwork = '10.3.0.0/24';
export const dnsAddress = '10.3.0.10';

export const runsKubelet = (machine: Machine): boolean => machine.roles.some((role) => role !== 'etcd');
export const podSubnet = (machine: Machine): string => `10.2.${machine.number}.0/24`;
