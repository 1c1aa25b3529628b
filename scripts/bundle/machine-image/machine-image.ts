import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run, runOrThrow } from '../../system/run.ts';
import { hashOfRoot, makeDebianRoot, type DebianRoot, type MakeOptions } from '../images/debian-root.ts';
import { entriesOfFolder } from '../images/tar.ts';

/** Names in a list of Debian packages: one a line, `#` starts a comment. */
export function parsePackages(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}

/** The machine's root file system, as `packages.txt`, `files/` and `finish.sh` of this folder tell it. */
export async function machineRoot(folder = import.meta.dirname): Promise<DebianRoot> {
  return {
    name: 'machine',
    packages: parsePackages(await readFile(join(folder, 'packages.txt'), 'utf8')),
    overlay: await entriesOfFolder(join(folder, 'files')),
    finish: await readFile(join(folder, 'finish.sh'), 'utf8'),
  };
}

/** Tag of the machine image, by content: another list or file gives another tag. */
export async function machineImageTag(): Promise<string> {
  return `firedrill/machine:${await hashOfRoot(await machineRoot())}`;
}

/** Whether docker has the machine image. */
export async function machineImageIsThere(): Promise<boolean> {
  return (await run('docker', ['image', 'inspect', await machineImageTag()])).exitCode === 0;
}

/**
 * Makes the docker image of which every machine is a container, where docker does not have it yet.
 * @returns its tag.
 * @throws FiredrillError `command-failed`, `command-missing`.
 */
export async function ensureMachineImage(options: MakeOptions = {}): Promise<string> {
  const tag = await machineImageTag();
  if (await machineImageIsThere()) return tag;
  const tar = await makeDebianRoot(await machineRoot(), options);
  // `docker import` of the engine that Debian 12 has knows CMD and ENV, not STOPSIGNAL: the lab gives that one.
  await runOrThrow('docker', ['import', '--change', 'CMD ["/entry"]', tar, tag], { signal: options.signal });
  // Docker has it now; a second copy of 250 MB helps nobody.
  await rm(tar, { force: true });
  return tag;
}
