import { readdir, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { checkoutFolder } from '../../scripts/system/folders.ts';

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

/** Whatever tests with these labs could leave on this computer: of the labs, files of firedrill's, Vagrant's link in the checkout. */
export async function tracesOf(labs: readonly string[]): Promise<string[]> {
  const files = (await readdir(tmpdir())).filter((name) => name.startsWith('firedrill-'));
  const link = await readlink(join(checkoutFolder, '.vagrant')).catch(() => undefined);
  return [
    ...(await Promise.all(labs.map(leftOfTheLab))).flat(),
    ...files.map((name) => join(tmpdir(), name)),
    ...(link === undefined ? [] : [`.vagrant -> ${link}`]),
  ];
}
