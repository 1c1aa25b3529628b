import { chmod, mkdir, rm, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bundle } from '../bundle/bundle.ts';
import { writeAtomically } from '../system/files.ts';
import { checkoutFolder, labFolder } from '../system/folders.ts';
import { quoted, runOrThrow } from '../system/run.ts';
import { renderCloudConfig } from './cloud-config.ts';
import { containerName, createArguments, mountsOf } from './docker-machine.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { joins, type Layout } from './layout.ts';
import { renderedPath } from './open.ts';
import { makeCertificates } from './pki.ts';
import { connectionFolder, renderSshConfig, sshConfigPath, sshUser } from './remote.ts';
import { keepJoiner } from './scale/joiner.ts';
import { linkVagrantFolder } from './vagrant-link.ts';

/** Flatcar's official Vagrant box: amd64 only (https://www.flatcar.org/docs/latest/installing/vms/vagrant/). */
const flatcarBox = {
  name: 'flatcar-stable',
  url: 'https://stable.release.flatcar-linux.net/amd64-usr/current/flatcar_production_vagrant.json',
};

/** Megabytes of memory of a virtual machine for each of its roles (measured: 38, 354 and 120 MB in use). */
const memoryMegabytes = { etcd: 512, controller: 1536, worker: 1024 } as const;

/** Makes the lab's certificates and ssh key, where they are not there yet. */
export async function makeCredentials(layout: Layout): Promise<void> {
  const folder = labFolder(layout.name);
  await makeCertificates(layout, folder);
  const key = join(folder, 'ssh', 'id');
  if (existsSync(key)) return;
  await mkdir(join(folder, 'ssh'), { recursive: true, mode: 0o700 });
  await runOrThrow('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `firedrill ${layout.name}`, '-f', key]);
}

/** Writes what each machine is told, for its owner only: keys are in it. The lab's folder has certificates and ssh key. */
export async function writeUserData(layout: Layout, folder: string, kubernetesVersion: string): Promise<void> {
  const sshPublicKey = (await readFile(join(folder, 'ssh', 'id.pub'), 'utf8')).trim();
  const facts = { layout, pki: join(folder, 'pki'), sshPublicKey, kubernetesVersion };
  await Promise.all(
    layout.machines.map(async (machine) => {
      const seed = join(folder, 'cloud-config', machine.name);
      const own = joins(machine) ? { bootstrapToken: (await keepJoiner(folder, machine.name)).token } : {};
      const userData = await renderCloudConfig(machine, { ...facts, ...own });
      await writeAtomically(join(seed, 'user-data'), userData, { mode: 0o600 });
      // `local`: cloud-init needs no network for any of it, so one of its stages does all.
      await writeAtomically(join(seed, 'meta-data'), `instance-id: ${layout.name}-${machine.name}\ndsmode: local\n`);
    }),
  );
}

/** Writes everything that Vagrant, the machines and the learner's shell read of a lab. */
export async function renderLab(layout: Layout, bundle: Bundle, kubernetesVersion: string): Promise<void> {
  const folder = labFolder(layout.name);
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeUserData(layout, folder, kubernetesVersion);
  await writeAtomically(sshConfigPath(folder), renderSshConfig(layout, folder));
  await writeKubeconfig(layout, folder);
  await renderShellPrograms(folder, bundle);
  await writeAtomically(renderedPath(folder), `${JSON.stringify(await planFor(layout, bundle, folder), null, 2)}\n`);
  await linkVagrantFolder(layout.name);
}

/** What the Vagrantfile reads. */
export async function planFor(layout: Layout, bundle: Bundle, folder: string): Promise<unknown> {
  const machines = await Promise.all(
    layout.machines.map(async (machine) => ({
      name: machine.name,
      container: containerName(layout, machine),
      address: machine.address,
      ports: machine.publishedPorts,
      userData: join(folder, 'cloud-config', machine.name, 'user-data'),
      memoryMegabytes: machine.roles.reduce((sum, role) => sum + memoryMegabytes[role], 0),
      volumes: mountsOf(layout, machine, bundle, folder),
      createArguments: await createArguments(layout, machine),
    })),
  );
  const { provider } = layout;
  return {
    provider,
    image: bundle.machineImage,
    box: flatcarBox,
    sshUser: sshUser(layout),
    sshKey: join(folder, 'ssh', 'id'),
    machines,
    layout,
  };
}

/** Programs that the learner's shell has before all others: the cluster's clients, and an ssh that knows the machines. */
async function renderShellPrograms(folder: string, bundle: Bundle): Promise<void> {
  const bin = join(folder, 'bin');
  const links: Record<string, string> = {
    kubectl: join(bundle.bin, 'kubectl'),
    etcdctl: join(bundle.bin, 'etcdctl'),
    etcdutl: join(bundle.bin, 'etcdutl'),
    firedrill: join(checkoutFolder, 'scripts', 'firedrill'),
  };
  for (const [name, target] of Object.entries(links)) {
    await rm(join(bin, name), { force: true });
    await symlink(target, join(bin, name));
  }
  for (const name of ['ssh', 'scp']) {
    const script = [
      '#!/bin/sh',
      `mkdir -p -m 700 ${quoted(connectionFolder(folder))}`,
      `for other in $(which -a ${name}); do [ "$other" -ef "$0" ] || exec "$other" -F ${quoted(sshConfigPath(folder))} "$@"; done`,
      '',
    ].join('\n');
    await writeAtomically(join(bin, name), script, { mode: 0o755 });
    await chmod(join(bin, name), 0o755);
  }
}
