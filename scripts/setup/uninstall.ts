import { rm } from 'node:fs/promises';
import { cacheFolder, stateFolder } from '../system/folders.ts';
import { lookAtEngine } from './engine.ts';
import type { Host } from './host.ts';

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
