import { createFaults } from '../faults/faults.ts';
import { deleteEtcdKeys } from '../faults/delete-etcd-keys.ts';
import { fillDisk } from '../faults/fill-disk.ts';
import { containerName } from '../lab/docker-machine.ts';
import { endContainer } from '../lab/end-container.ts';
import type { Lab } from '../lab/lab.ts';
import { podSubnet } from '../lab/layout.ts';
import { scaleLab } from '../lab/scale/scale.ts';
import { waitUntil } from '../system/wait.ts';

/** A lab that went wrong, made by hand on its machines: as no fault's undo knows it. Wants a lab of the default size. */
export interface Wreck {
  name: string;
  /** Whether machines must be made anew: a reset may then take longer. */
  destroysMachines?: boolean;
  make: (lab: Lab) => Promise<unknown>;
}

const container = (lab: Lab, name: string): string => containerName(lab.layout, lab.machine(name));
const onEach = (lab: Lab, names: readonly string[], command: string): Promise<unknown> =>
  Promise.all(names.map((name) => lab.on(name, command)));

const olderKubelet =
  'echo KUBERNETES_BIN=/opt/older > /etc/kubernetes/version.env; systemctl restart --no-block kubelet kube-proxy';

const silent = { update: () => undefined, done: () => undefined, failed: () => undefined };
/** On a lab that another wreck has hit already it may never get to its end: then it is half-way. */
const scaleSeconds = 180;
const scale = (lab: Lab, workers: number, approve: boolean): Promise<unknown> =>
  scaleLab({
    name: lab.layout.name,
    workers,
    approve,
    signal: AbortSignal.timeout(scaleSeconds * 1000),
    reporter: { action: () => silent },
  });

/** What `firedrill reset` must bring back. Used by its tests, `npm run soak -- resets` and `npm run bench`. */
export const wrecks: readonly [Wreck, ...Wreck[]] = [
  { name: 'nothing is wrong', make: () => Promise.resolve() },
  { name: 'a machine lost its power', make: (lab) => endContainer(['kill'], container(lab, 'w2')) },
  {
    name: 'a machine is gone',
    destroysMachines: true,
    make: (lab) => endContainer(['rm', '--force'], container(lab, 'w2')),
  },
  {
    name: 'a machine of etcd is gone',
    destroysMachines: true,
    make: (lab) => endContainer(['rm', '--force'], container(lab, 'e2')),
  },
  {
    name: 'the controller is gone',
    destroysMachines: true,
    make: (lab) => endContainer(['rm', '--force'], container(lab, 'c1')),
  },
  {
    name: 'every member of etcd lost its data',
    make: (lab) =>
      onEach(lab, ['e1', 'e2', 'e3'], 'systemctl kill -s KILL etcd; systemctl stop etcd; rm -rf /var/lib/etcd/data'),
  },
  {
    name: 'a client deleted all keys',
    make: (lab) => {
      const isDone = async () => (await lab.etcd.ctl(['del', '', '--from-key'])).exitCode === 0;
      return waitUntil(isDone, { what: 'etcd deletes all keys', deadlineSeconds: 30 });
    },
  },
  {
    name: 'a drill deleted all keys',
    // Journaled, with a checkpoint of its own.
    make: (lab) => createFaults(lab).inject(deleteEtcdKeys('e1')),
  },
  { name: 'two members are stopped', make: (lab) => onEach(lab, ['e1', 'e2'], 'systemctl disable --now etcd') },
  {
    name: 'the network is full of rubbish',
    make: (lab) => {
      const pods = podSubnet(lab.machine('w2'));
      return Promise.all([
        lab.on('w1', `ip route del ${pods}; ip route add blackhole ${pods}`),
        lab.on(
          'w2',
          'iptables -I INPUT -p tcp --dport 10250 -j DROP; iptables -I FORWARD -j DROP; ' +
            'iptables -t nat -I PREROUTING -p tcp --dport 30080 -j REDIRECT --to-ports 9',
        ),
      ]);
    },
  },
  {
    name: 'the control plane has moved away',
    make: (lab) =>
      lab.on(
        'c1',
        'mkdir -p /root/away && mv /etc/kubernetes/manifests/* /root/away/ && echo broken >> /etc/kubernetes/kubelet.yaml',
      ),
  },
  {
    name: 'a disk is full',
    // Journaled: nobody can fill the disk of a machine by hand without filling the computer's.
    make: (lab) => createFaults(lab).inject(fillDisk('e2', '/var/lib/etcd', 400, 'etcd.service')),
  },
  { name: 'a kubelet is of another version', make: (lab) => lab.on('w1', olderKubelet) },
  // As lesson 15 begins. A kubelet of another minor starts the static pods anew.
  { name: 'all kubelets are of another version', make: (lab) => onEach(lab, ['c1', 'w1', 'w2'], olderKubelet) },
  { name: 'a worker joined', destroysMachines: true, make: (lab) => scale(lab, 3, true) },
  {
    name: 'a worker is half-way in, and another lost its power',
    destroysMachines: true,
    make: async (lab) => {
      await scale(lab, 4, false);
      await endContainer(['kill'], container(lab, 'w4'));
    },
  },
];
