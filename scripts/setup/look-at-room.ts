import { subnetBeside } from '../lab/networks-around.ts';
import { inotifyInstances, inotifyLimitPath, leastInotifyLimit } from '../lab/inotify.ts';
import { podNetwork, portsOf, serviceNetwork, type Layout } from '../lab/layout.ts';
import { gigabytes, judgeMemory } from '../lab/memory.ts';
import { overlap, takesFrom } from '../lab/subnet.ts';
import { fine, problem, warning, type Finding } from './finding.ts';
import { networksOfDocker, routesOf } from './networks.ts';
import type { Host } from './host.ts';

/** Free disk that is needed: to build the bundle from Go modules, and once it is there (measured). */
const gigabytesFor = { building: 15, running: 4 };

export const bytesToRun = gigabytesFor.running * 1e9;

export async function diskFinding(host: Host, folder: string, bundleComplete: boolean): Promise<Finding> {
  const free = await host.freeDiskBytes(folder);
  const saw = `${gigabytes(free)} free`;
  const remedy = 'Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.';
  if (free < bytesToRun) return problem('disk', `${saw}; the lab needs ${gigabytesFor.running} GB`, remedy);
  if (!bundleComplete && free < gigabytesFor.building * 1e9) {
    return warning('disk', `${saw}; to build the bundle takes up to ${gigabytesFor.building} GB`, remedy);
  }
  return fine('disk', saw);
}

/** The same rule as that of the boot. */
export async function memoryFinding(host: Host, layout: Layout): Promise<Finding> {
  const { enough, saw, remedy } = judgeMemory(await host.freeMemoryBytes(), layout);
  if (enough === 'no') return problem('memory', saw, remedy);
  return enough === 'barely' ? warning('memory', saw, remedy) : fine('memory', saw);
}

/** Whether the machines can watch their files. Undefined where this kernel is not the one that the machines run on. */
export async function inotifyFinding(host: Host, layout: Layout): Promise<Finding | undefined> {
  const text = await host.read(inotifyLimitPath);
  if (text === undefined) return undefined;
  const limit = Number(text);
  const needed = inotifyInstances(layout.machines);
  const saw = `${limit} instances a user`;
  const remedy = "Run 'npx firedrill setup'.";
  if (limit < needed) return problem('inotify', `${saw}; the lab needs ${needed}`, remedy);
  if (limit < leastInotifyLimit) return warning('inotify', `${saw}; a lab with many workers needs more`, remedy);
  return fine('inotify', saw);
}

/** Whether the lab's ports and networks are free. Those of its own machines do not count. */
export async function networkFindings(host: Host, layout: Layout): Promise<Finding[]> {
  return [await portFinding(host, layout), await subnetFinding(host, layout)];
}

async function portFinding(host: Host, layout: Layout): Promise<Finding> {
  const ports = portsOf(layout);
  const span = `${ports.length} of 127.0.0.1, ${Math.min(...ports)} to ${Math.max(...ports)}`;
  if (await isUp(host, layout.name)) return fine('ports', `${span}: used by the lab, which is up`);
  const free = await Promise.all(ports.map((port) => host.isPortFree(port)));
  const taken = ports.filter((_, index) => !free[index]);
  if (taken.length === 0) return fine('ports', `${span}: free`);
  const remedy = `Find out who listens ('ss -ltnp') and end it, or boot the lab elsewhere: 'npx firedrill lab up --first-port 9400'.`;
  return problem('ports', `taken by another program: ${taken.join(', ')}`, remedy);
}

async function isUp(host: Host, labName: string): Promise<boolean> {
  if ((await host.find('docker')) === undefined) return false;
  const answer = await host.run('docker', ['ps', '--quiet', '--filter', `label=firedrill.lab=${labName}`], {
    timeoutSeconds: 10,
  });
  return answer.exitCode === 0 && answer.stdout.trim() !== '';
}

/** Two networks with the same addresses make etcd's members refuse each other: seen, not guessed. */
async function subnetFinding(host: Host, layout: Layout): Promise<Finding> {
  const own = [layout.subnet, podNetwork, serviceNetwork];
  const docker = await networksOfDocker(host);
  const otherNetworks = docker.filter(({ name }) => name !== layout.name);
  // The lab's own network has a route as well.
  const routes = (await routesOf(host)).filter(({ subnet }) => !docker.some((network) => network.subnet === subnet));
  const others = [...otherNetworks, ...routes];
  const clashes = others.filter(({ subnet }) => own.some((mine) => overlap(mine, subnet)));
  if (clashes.length === 0) return fine('networks', `${own.join(', ')}: free`);
  const named = clashes.map(({ name, subnet }) => `${name} has ${subnet}`).join(', ');
  const isTaken =
    otherNetworks.some(({ subnet }) => overlap(layout.subnet, subnet)) ||
    routes.some(({ subnet }) => takesFrom(subnet, layout.subnet));
  const remedy = isTaken
    ? `Remove that network, or give the lab another one: 'npx firedrill lab up --subnet ${subnetBeside(others)}'.`
    : 'Machines, pods and Services of the lab have some of these addresses: while it is up, you may not reach those.';
  const level = isTaken ? problem : warning;
  return level('networks', `in use: ${named}`, remedy);
}
