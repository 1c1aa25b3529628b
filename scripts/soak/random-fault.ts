import { breakProgram } from '../faults/break-program.ts';
import { corruptEtcdLog } from '../faults/corrupt-etcd-log.ts';
import { cutPower } from '../faults/cut-power.ts';
import { cutTraffic } from '../faults/cut-traffic.ts';
import { deleteRoute } from '../faults/delete-route.ts';
import type { Fault } from '../faults/fault.ts';
import { fillDisk } from '../faults/fill-disk.ts';
import { flipByte } from '../faults/flip-byte.ts';
import { killProcess } from '../faults/kill-process.ts';
import { limitRate } from '../faults/limit-rate.ts';
import { loseEtcdData } from '../faults/lose-etcd-data.ts';
import { losePackets } from '../faults/lose-packets.ts';
import { moveFile } from '../faults/move-file.ts';
import { pauseProcess } from '../faults/pause-process.ts';
import { stopService } from '../faults/stop-service.ts';
import { stopServices } from '../faults/stop-services.ts';
import type { Lab } from '../lab/lab.ts';
import { podSubnet, type Machine, type Role } from '../lab/layout.ts';

export type Dice = <T>(choices: readonly [T, ...T[]]) => T;

/** The same throws for the same seed (mulberry32, public domain): a round that failed can be run again. */
export function diceFrom(seed: number): Dice {
  let state = seed >>> 0;
  return (choices) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return choices[((mixed ^ (mixed >>> 14)) >>> 0) % choices.length] ?? choices[0];
  };
}

/** A fault of every kind that can be undone, on machines of this lab that the dice choose. */
export function randomFault(lab: Lab, dice: Dice): Fault {
  const one = (role: Role): Machine => dice(some(lab.machinesWithRole(role)));
  const units = { etcd: ['etcd'], controller: ['kubelet'], worker: ['kubelet', 'kube-proxy', 'containerd'] } as const;
  const role = dice<Role>(['etcd', 'controller', 'worker']);
  const machine = one(role);
  const unit = `${dice<string>(units[role])}.service`;
  const on = machine.name;
  const others = lab.layout.machines.filter(({ name }) => name !== on).map(({ name }) => name);
  const peers = [dice(some(others)), dice(some(others))].filter((peer, index, all) => all.indexOf(peer) === index);
  const [member, ...otherMembers] = lab.machinesWithRole('etcd').map(({ name }) => name);
  const programs = { etcd: ['etcd'], controller: ['kubelet'], worker: ['kubelet', 'kube-proxy'] } as const;
  const controller = one('controller').name;
  const manifest = `/etc/kubernetes/manifests/${dice(['kube-apiserver', 'kube-scheduler', 'kube-controller-manager'])}.yaml`;

  const kinds: [() => Fault, ...(() => Fault)[]] = [
    () => stopService(on, unit),
    () => stopService(on, unit, { abruptly: true }),
    () => breakProgram(on, `/opt/bin/${dice<string>(programs[role])}`),
    () => killProcess(on, { unit }),
    () => killProcess(controller, { program: dice(['kube-apiserver', 'kube-scheduler']) }),
    () => pauseProcess(on, { unit }),
    () => cutTraffic(lab, { on, peers, direction: dice(['in', 'out', 'both']) }),
    () => cutTraffic(lab, { on, peers, tcpPort: dice([2379, 2380, 6443]) }),
    () => losePackets(lab, { on, peers, share: dice([0.1, 0.3, 0.6]) }),
    () => limitRate(lab, on, dice([256, 1024])),
    () => moveFile(controller, manifest),
    () => moveFile(controller, manifest, '/root/moved.yaml'),
    () => flipByte(one('etcd').name, '/var/lib/etcd/data/member/wal/*.wal', dice([9, 100, 1000])),
    () => fillDisk(one('etcd').name, '/var/lib/etcd', 400, 'etcd.service'),
    () => loseEtcdData(one('etcd').name),
    () => corruptEtcdLog(one('etcd').name),
    () => cutPower(lab, on),
  ];
  // Most members at once: etcd loses its majority.
  if (member !== undefined && otherMembers.length > 1) {
    kinds.push(() => stopServices([member, dice(some(otherMembers))], 'etcd'));
  }
  const [first, second] = lab.machinesWithRole('worker');
  if (first && second) kinds.push(() => deleteRoute(first.name, podSubnet(second)));
  return dice(kinds)();
}

function some<T>(things: readonly T[]): readonly [T, ...T[]] {
  const [first, ...rest] = things;
  if (first === undefined) throw new Error('The lab is too small for this.');
  return [first, ...rest];
}
