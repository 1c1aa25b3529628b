import type { Lab } from '../../scripts/lab/lab.ts';
import { breakProgram } from '../../scripts/faults/break-program.ts';
import { corruptEtcdLog } from '../../scripts/faults/corrupt-etcd-log.ts';
import { cutPower } from '../../scripts/faults/cut-power.ts';
import { cutTraffic } from '../../scripts/faults/cut-traffic.ts';
import { deleteEtcdKeys } from '../../scripts/faults/delete-etcd-keys.ts';
import { deleteRoute } from '../../scripts/faults/delete-route.ts';
import type { Fault } from '../../scripts/faults/fault.ts';
import { fillDisk } from '../../scripts/faults/fill-disk.ts';
import { flipByte } from '../../scripts/faults/flip-byte.ts';
import { killProcess } from '../../scripts/faults/kill-process.ts';
import { limitRate } from '../../scripts/faults/limit-rate.ts';
import { loseEtcdData } from '../../scripts/faults/lose-etcd-data.ts';
import { losePackets } from '../../scripts/faults/lose-packets.ts';
import { moveFile } from '../../scripts/faults/move-file.ts';
import { pauseProcess } from '../../scripts/faults/pause-process.ts';
import { stopService } from '../../scripts/faults/stop-service.ts';
import { stopServices } from '../../scripts/faults/stop-services.ts';

const manifest = '/etc/kubernetes/scheduler.yaml';

/** One fault of each kind that one machine undoes itself, on the local machine. */
export const kinds: Record<string, (lab: Lab) => Fault> = {
  'cut-traffic': (lab) => cutTraffic(lab, { on: 'w1', peers: ['w2'] }),
  'cut-traffic one way to a port': (lab) =>
    cutTraffic(lab, { on: 'w1', peers: ['w2'], direction: 'out', tcpPort: 6443 }),
  'cut-traffic from its peers': (lab) => cutTraffic(lab, { on: 'w1', peers: ['w2'], direction: 'in' }),
  'cut-traffic to a port, answers too': (lab) => cutTraffic(lab, { on: 'w1', peers: ['w2'], tcpPort: 6443 }),
  'lose-packets': (lab) => losePackets(lab, { on: 'w1', peers: ['w2'], share: 0.3 }),
  'limit-rate': (lab) => limitRate(lab, 'w1', 512),
  'delete-route': () => deleteRoute('w1', '10.2.22.0/24'),
  'move-file': () => moveFile('w1', manifest, '/srv/disk/scheduler.yaml'),
  'move-file out of sight': () => moveFile('w1', manifest),
  'move-file of a folder': () => moveFile('w1', '/srv/disk'),
  'flip-byte': () => flipByte('w1', '/srv/disk/*.wal', 2),
  'fill-disk': () => fillDisk('w1', '/srv/disk', 1, 'etcd.service'),
  'break-program': () => breakProgram('w1', '/srv/disk/0.wal'),
  'lose-etcd-data': () => loseEtcdData('w1'),
  'corrupt-etcd-log': () => corruptEtcdLog('w1'),
  'stop-service': () => stopService('w1', 'etcd.service'),
  'stop-service without a goodbye': () => stopService('w1', 'etcd.service', { abruptly: true }),
  'kill-process': () => killProcess('w1', { unit: 'etcd.service' }),
  'pause-process': () => pauseProcess('w1', { program: 'sleep' }),
};

/** Those that need two machines, or that the host does to a machine. */
export const kindsOfManyMachines: Record<string, (lab: Lab) => Fault> = {
  'stop-services': () => stopServices(['w1', 'w2'], 'etcd.service'),
  'cut-power': (lab) => cutPower(lab, 'w1', 'w2'),
  'delete-etcd-keys': () => deleteEtcdKeys('w1'),
};
