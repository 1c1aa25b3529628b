import type { Lab } from '../lab/lab.ts';
import { matchesOf, portOf, type Traffic } from './cut-traffic.ts';
import type { Fault } from './fault.ts';
import { firewallScripts } from './firewall.ts';

/**
 * Drops a share (0 to 1) of the packets between machines, at random. By iptables, because not every kernel has netem.
 */
export function losePackets(lab: Pick<Lab, 'machine'>, traffic: Traffic & { share: number }): Fault {
  const random = `-m statistic --mode random --probability ${traffic.share.toFixed(4)}`;
  return {
    kind: 'lose-packets',
    machine: traffic.on,
    title: `${traffic.on} loses ${Math.round(traffic.share * 100)} % of its packets with ${traffic.peers.join(', ')}${portOf(traffic)}`,
    ...firewallScripts(matchesOf(lab, traffic).map((match) => `${match} ${random} -j DROP`)),
  };
}
