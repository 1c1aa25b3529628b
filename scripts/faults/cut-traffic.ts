import type { Lab } from '../lab/lab.ts';
import { podSubnet, runsKubelet } from '../lab/layout.ts';
import type { Fault } from './fault.ts';
import { firewallScripts } from './firewall.ts';

export interface Traffic {
  /** The machine that drops packets. */
  on: string;
  /** The machines at the other end, and the pods on them. */
  peers: readonly string[];
  /** As the machine sees it: `in` drops what the peers send, `out` what they are sent. Default `both`. */
  direction?: 'in' | 'out' | 'both';
  /**
   * Only connections to this TCP port of the machine (`in`) or of the peers (`out`): what their clients send. With
   * `both`, to this port on either side, and what is answered. Default: everything.
   */
  tcpPort?: number;
}

/** A network partition: packets between machines are dropped without a word, as by a dead switch. */
export function cutTraffic(lab: Pick<Lab, 'machine'>, traffic: Traffic): Fault {
  return {
    kind: 'cut-traffic',
    machine: traffic.on,
    title: `${traffic.on} ${said(traffic)} ${traffic.peers.join(', ')}${portOf(traffic)}`,
    ...firewallScripts(matchesOf(lab, traffic).map((match) => `${match} -j DROP`)),
  };
}

/** The iptables matches of packets between a machine and its peers. */
export function matchesOf(lab: Pick<Lab, 'machine'>, { on, peers, direction = 'both', tcpPort }: Traffic): string[] {
  lab.machine(on);
  const ends = direction === 'both' ? ['--dport', '--sport'] : ['--dport'];
  const ports = tcpPort === undefined ? [''] : ends.map((end) => ` -p tcp ${end} ${tcpPort}`);
  return peers
    .map((peer) => lab.machine(peer))
    .flatMap((peer) => [peer.address, ...(runsKubelet(peer) ? [podSubnet(peer)] : [])])
    .flatMap((address) => ports.map((port) => ({ address, port })))
    .flatMap(({ address, port }) => [
      ...(direction === 'out' ? [] : [`-s ${address}${port}`]),
      ...(direction === 'in' ? [] : [`-d ${address}${port}`]),
    ]);
}

const words = { in: 'hears nothing from', out: 'cannot reach', both: 'is cut off from' };
const said = ({ direction = 'both' }: Traffic): string => words[direction];
export const portOf = ({ tcpPort }: Traffic): string => (tcpPort === undefined ? '' : ` (TCP port ${tcpPort})`);
