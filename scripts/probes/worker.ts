import { parentPort, workerData } from 'node:worker_threads';
import { setTimeout as pause } from 'node:timers/promises';
import { openLab } from '../lab/open.ts';
import { dnsFrom } from './dns.ts';
import { createProbes } from './probes.ts';
import { startRecording } from './record.ts';

const longestStartMilliseconds = 300;

// What start-probes.ts runs in a thread of its own: a busy terminal does not make the probes late, and what they cost
// can be told from what the rest of the program costs.
const { lab: name } = workerData as { lab: string };
const lab = await openLab(name);
const asker = lab.machinesWithRole('worker')[0]?.name;
const probes = createProbes(lab);
// It connects once, before what measuring costs is counted. A server that is silent is not waited for.
await Promise.race([Promise.allSettled(probes.map((probe) => probe.ask())), pause(longestStartMilliseconds)]);
const recording = startRecording(probes, asker === undefined ? [] : [dnsFrom(lab, asker)], (line) => {
  parentPort?.postMessage(line);
});
parentPort?.once('message', () => {
  // The port is all that keeps this thread alive.
  void recording.stop().finally(() => parentPort?.close());
});
parentPort?.postMessage({ type: 'ready' });
