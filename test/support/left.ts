import { existsSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { checkoutFolder, labFolder, stateFolder } from '../../scripts/system/folders.ts';

/** Whatever of a lab is still on this computer: containers, volumes, networks, processes. */
export async function leftOfTheLab(name: string): Promise<string[]> {
  const filter = ['--filter', `label=firedrill.lab=${name}`];
  const lists = await Promise.all(
    [
      ['ps', '--all', '--format', 'container {{.Names}}', ...filter],
      ['volume', 'ls', '--format', 'volume {{.Name}}', ...filter],
      ['network', 'ls', '--format', 'network {{.Name}}', ...filter],
    ].map((args) => execa('docker', args)),
  );
  const processes = await execa('pgrep', ['--full', '--list-full', `labs/${name}/`], { reject: false });
  return [...lists.map(({ stdout }) => stdout), processes.stdout].flatMap((text) => text.split('\n')).filter(Boolean);
}

/** Whatever tests with these labs could leave on this computer: of the labs, and files. */
export const tracesOf = async (labs: readonly string[]): Promise<string[]> => [
  ...(await Promise.all(labs.map(leftOfTheLab))).flat(),
  ...(await filesLeft(labs)),
];

/**
 * Files of firedrill's, those of these labs too, Vagrant's link in the checkout, and Vagrant's folder in the home. The tests
 * have a state folder of their own: in the person's nothing is new after them.
 */
export async function filesLeft(labs: readonly string[]): Promise<string[]> {
  const link = await readlink(join(checkoutFolder, '.vagrant')).catch(() => undefined);
  const vagrantsFolder = join(homedir(), '.vagrant.d');
  return [
    ...(await below(tmpdir())).filter((path) => basename(path).startsWith('firedrill-')),
    ...(await below(stateFolder())),
    ...labs.map(labFolder).filter((path) => existsSync(path)),
    ...(existsSync(vagrantsFolder) ? [vagrantsFolder] : []),
    ...(link === undefined ? [] : [`.vagrant -> ${link}`]),
  ];
}

const below = async (folder: string): Promise<string[]> =>
  (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
