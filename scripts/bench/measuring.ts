import { Agent, request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { adminFiles } from '../lab/api-servers.ts';
import { KeptConnections, readCredentials } from '../lab/https.ts';
import type { Lab } from '../lab/lab.ts';
import { tooCostly } from '../probes/probe.ts';
import { startProbes } from '../probes/start-probes.ts';
import { median } from './statistics.ts';
import { markdownTable } from './table.ts';

const recordingSeconds = 40;
const everyMilliseconds = 100;
/** As many as the probes send in each tenth of a second. */
const requestsAtOnce = 5;
const secondsEach = 8;
const turns = 3;
const path = '/readyz';

/** CPU time as a share of one core: of all probes in a recording, and of the same requests over our and over Node's client. */
export interface MeasuringCost {
  probes: { seconds: number; cores: number };
  kept: readonly number[];
  node: readonly number[];
}

export async function costOfMeasuring(lab: Lab, signal: AbortSignal): Promise<MeasuringCost> {
  const recording = await startProbes(lab.layout.name, () => undefined);
  await pause(recordingSeconds * 1000, undefined, { signal });
  const probes = await recording.stop();

  const port = lab.machinesWithRole('controller')[0]?.publishedPorts[6443] ?? 0;
  const connections = await KeptConnections.of(lab.folder, adminFiles);
  const agent = new Agent({ keepAlive: true, ...(await readCredentials(lab.folder, adminFiles)) });
  const [kept, node] = [[], []] as [number[], number[]];
  try {
    for (let turn = 0; turn < turns; turn += 1) {
      kept.push(await coresOf(() => connections.ask({ port, path, timeoutSeconds: 5 }), signal));
      node.push(await coresOf(() => throughNode(agent, port), signal));
    }
  } finally {
    connections.close();
    agent.destroy();
  }
  return { probes, kept, node };
}

export function measuringTable({ probes, kept, node }: MeasuringCost): string[] {
  const share = (cores: number): string => `${(cores * 100).toFixed(1)} %`;
  const missed = probes.cores <= tooCostly ? '' : '**missed** ';
  const [ours, nodes] = [median(kept), median(node)];
  const pace = (1000 / everyMilliseconds) * requestsAtOnce;
  return markdownTable(
    ['what', 'of a core', 'of what Node takes', 'at most'],
    [
      [`all probes, in ${probes.seconds} s`, share(probes.cores), '', `${missed}${share(tooCostly)}`],
      [`${pace} requests a second, as the probes send them`, share(ours), `${(ours / nodes).toFixed(2)} x`, ''],
      ["the same with Node's own client", share(nodes), '1 x', ''],
    ],
  );
}

async function coresOf(ask: () => Promise<unknown>, signal: AbortSignal): Promise<number> {
  const once = () => Promise.all(Array.from({ length: requestsAtOnce }, ask));
  // What connecting costs is not compared.
  await once();
  const startedAt = performance.now();
  const before = process.threadCpuUsage();
  while (performance.now() - startedAt < secondsEach * 1000) {
    const next = pause(everyMilliseconds, undefined, { signal });
    await once();
    await next;
  }
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000 / (performance.now() - startedAt);
}

const throughNode = (agent: Agent, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve(text);
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
