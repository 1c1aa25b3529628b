import { execa } from 'execa';

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
