import type { Command } from 'commander';
import type { Remains } from '../setup/uninstall.ts';
import { contextOf, type Context } from './context.ts';

/** `firedrill uninstall`: removes everything that the program has left outside its checkout. */
export function addUninstallCommand(program: Command): void {
  program
    .command('uninstall')
    .description('Remove labs, bundle, docker images, progress and logs, after asking. Installed packages stay.')
    .addHelpText('after', examples)
    .action(async (_options: unknown, command: Command) => {
      await uninstall(contextOf(command));
    });
}

const examples = `
Examples:
  firedrill uninstall         say what is there, ask, remove it
  firedrill uninstall --yes   without asking`;

async function uninstall(context: Context): Promise<void> {
  const [{ findRemains, removeRemains, whatStays }, { thisHost }, { unlinkVagrantFolder }, { existsSync }] =
    await Promise.all([
      import('../setup/uninstall.ts'),
      import('../setup/host.ts'),
      import('../lab/vagrant-link.ts'),
      import('node:fs'),
    ]);
  const remains = await findRemains(thisHost, (path) => Promise.resolve(existsSync(path)));
  if (await endsHere(context, remains)) return;
  const stays = await whatStays(thisHost);
  for (const name of remains.labs) await endLab(name);
  const kept = await removeRemains(thisHost, remains);
  await unlinkVagrantFolder();
  if (context.json) {
    context.printJson({ removed: remains, kept, stays });
    return;
  }
  context.print(kept.length > 0 ? `Docker kept ${kept.join(', ')}: something else uses it.` : 'All of it is removed.');
  for (const line of stays) context.print(line);
}

/** As the lab's state goes as well, Vagrant is not asked: removing what bears the lab's mark is enough. */
async function endLab(name: string): Promise<void> {
  const [{ removeEverything }, { readLayout }, { closeConnections }, { labFolder }] = await Promise.all([
    import('../lab/docker.ts'),
    import('../lab/open.ts'),
    import('../lab/remote.ts'),
    import('../system/folders.ts'),
  ]);
  const layout = await readLayout(name).catch(() => undefined);
  if (layout) await closeConnections(layout, labFolder(name));
  await removeEverything(name);
}

/** Whether there is nothing to remove, or the person does not want it. */
async function endsHere(context: Context, remains: Remains): Promise<boolean> {
  const { FiredrillError } = await import('../system/errors.ts');
  if (!remains.dockerAnswers) {
    throw new FiredrillError('The docker engine does not answer, so labs and images cannot be seen.', {
      code: 'engine-stopped',
      remedy: "Start it ('npx firedrill setup'), and run the same again.",
    });
  }
  const { labs, images, volumes, folders } = remains;
  if (labs.length + images.length + volumes.length + folders.length === 0) {
    if (context.json) context.printJson({ removed: remains, kept: [] });
    else context.print('There is nothing to remove.');
    return true;
  }
  if (!context.json) for (const line of describe(remains)) context.print(line);
  if (context.yes) return false;
  if (!context.interactive) {
    throw new FiredrillError('Uninstall removes things, and there is nobody to ask.', {
      code: 'uninstall-needs-yes',
      exitCode: 2,
      remedy: "Say yes beforehand: 'npx firedrill uninstall --yes'.",
    });
  }
  const [{ confirm }, { wantsAccessible }] = await Promise.all([import('../ui/ask.ts'), import('../ui/look.ts')]);
  const io = { input: process.stdin, output: process.stdout, signal: context.signal, accessible: wantsAccessible() };
  if (await confirm('Remove all of this?', io, false)) return false;
  context.print('Nothing was removed.');
  process.exitCode = 1;
  return true;
}

const describe = ({ labs, images, volumes, folders }: Remains): string[] => [
  'This will be removed, and your progress with it:',
  ...labs.map((name) => `  the lab '${name}' with its machines, network and volumes`),
  ...images.map((image) => `  the docker image ${image}`),
  ...volumes.map((volume) => `  the docker volume ${volume}`),
  ...folders.map((folder) => `  the folder ${folder}`),
  "Keep your progress: 'npx firedrill progress export FILE' before you go on.",
];
