import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, stateFolder } from '../system/folders.ts';
import { hasSystemd, isInDockerGroup, lookAtEngine } from './engine.ts';
import type { Host } from './host.ts';
import { inotifyFile } from './plan.ts';
import { engineLog } from './set-up.ts';

/** What firedrill has left on this computer. */
export interface Remains {
  /** Names of labs that have machines. */
  labs: readonly string[];
  /** Docker images, as `repository:tag`. */
  images: readonly string[];
  /** Docker volumes that are kept for later labs. */
  volumes: readonly string[];
  folders: readonly string[];
  /** False where the docker engine does not answer: then labs and images can't be seen. */
  dockerAnswers: boolean;
}

export async function findRemains(host: Host, folderExists: (path: string) => Promise<boolean>): Promise<Remains> {
  const folders: string[] = [];
  for (const folder of [cacheFolder(), stateFolder()]) if (await folderExists(folder)) folders.push(folder);
  const engine = await lookAtEngine(host);
  if (engine.kind === 'missing') return { labs: [], images: [], volumes: [], folders, dockerAnswers: true };
  if (engine.kind !== 'ready' && engine.kind !== 'old') {
    return { labs: [], images: [], volumes: [], folders, dockerAnswers: false };
  }
  const [labs, images, volumes] = await Promise.all([labsIn(host), imagesIn(host), volumesIn(host)]);
  return { labs, images, volumes, folders, dockerAnswers: true };
}

/** A lab may have nothing left but a volume or its network. */
async function labsIn(host: Host): Promise<string[]> {
  const lists = [
    ['ps', '--all'],
    ['volume', 'ls'],
    ['network', 'ls'],
  ].map((list) => [...list, '--filter', 'label=firedrill.lab', '--format', '{{.Label "firedrill.lab"}}']);
  const answers = await Promise.all(lists.map((args) => host.run('docker', args, { timeoutSeconds: 20 })));
  return unique(answers.map(({ stdout }) => stdout).join('\n'));
}

async function imagesIn(host: Host): Promise<string[]> {
  const args = ['images', '--filter', 'reference=firedrill/*', '--format', '{{.Repository}}:{{.Tag}}'];
  return unique((await host.run('docker', args, { timeoutSeconds: 20 })).stdout);
}

async function volumesIn(host: Host): Promise<string[]> {
  const args = ['volume', 'ls', '--quiet', '--filter', 'label=firedrill.cache'];
  return unique((await host.run('docker', args, { timeoutSeconds: 20 })).stdout);
}

const unique = (text: string): string[] => [...new Set(text.split('\n').filter((line) => line !== ''))].sort();

/** Removes images, volumes and folders. Labs must be gone: their machines use the images. Returns what docker kept. */
export async function removeRemains(host: Host, remains: Remains): Promise<string[]> {
  const kept: string[] = [];
  for (const image of remains.images) {
    const answer = await host.run('docker', ['rmi', image], { timeoutSeconds: 60 });
    if (answer.exitCode !== 0) kept.push(image);
  }
  for (const volume of remains.volumes) {
    const answer = await host.run('docker', ['volume', 'rm', volume], { timeoutSeconds: 60 });
    if (answer.exitCode !== 0) kept.push(volume);
  }
  for (const folder of remains.folders) await rm(folder, { recursive: true, force: true });
  return kept;
}

/**
 * What setup may have changed on this computer and uninstall leaves, for a person to read: other programs may need it by now.
 * To be asked before the folders are removed: the engine's log tells that setup started it.
 */
export async function whatStays(host: Host): Promise<string[]> {
  const stays = ['the checkout', 'the packages that setup installed'];
  if (await isInDockerGroup(host)) stays.push('your place in the group docker');
  if ((await host.read(inotifyFile)) !== undefined) stays.push(inotifyFile);
  const lines = [`What stays: ${stays.join(', ')}. README.md tells how to undo each.`];
  if (await runsByUs(host)) {
    const end = host.root ? 'kill' : 'sudo kill';
    lines.push(`The docker engine that setup started runs on. To end it: ${end} $(cat /var/run/docker.pid)`);
  }
  return lines;
}

/** Whether an engine runs that setup started without systemd. */
async function runsByUs(host: Host): Promise<boolean> {
  if ((await hasSystemd(host)) || (await host.read(join(stateFolder(), engineLog))) === undefined) return false;
  return !['stopped', 'missing'].includes((await lookAtEngine(host)).kind);
}
