import { mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { checkoutFolder, labFolder } from '../system/folders.ts';

/** The lab that `vagrant` by hand in the checkout means: the Vagrantfile takes this name where FIREDRILL_LAB gives none. */
const usualLab = 'firedrill';

/** Where Vagrant keeps what it knows of a lab: beside the lab's other state, for all checkouts. */
export const vagrantFolder = (labName: string): string => within(labFolder(labName));

/**
 * Vagrant's own folder for a lab, instead of ~/.vagrant.d: it goes when the lab is destroyed, and has nothing of another
 * lab's in it. `vagrant` by hand goes on with the person's own.
 */
export const vagrantHome = (labName: string): string => join(labFolder(labName), 'vagrant-home');

const within = (folder: string): string => join(folder, 'vagrant');

/**
 * What Vagrant knows of one machine: a folder, which is there from the machine's first boot until it is destroyed.
 * @param folder the lab's
 */
export const vagrantRecordOf = (folder: string, machine: string): string => join(within(folder), 'machines', machine);

/**
 * Lets `vagrant` by hand in the checkout find what it knows of the lab. There is one link: it is for the lab of the usual
 * name, and a second lab beside it does not take it. What to set for that one, the Vagrantfile says.
 */
export async function linkVagrantFolder(labName: string, checkout = checkoutFolder): Promise<void> {
  const target = vagrantFolder(labName);
  await mkdir(target, { recursive: true });
  const link = join(checkout, '.vagrant');
  if (labName !== usualLab || (await targetOf(link)) === target) return;
  await rm(link, { recursive: true, force: true });
  await symlink(target, link);
}

/** Takes the link away where it is this lab's. */
export async function unlinkVagrantFolder(labName = usualLab, checkout = checkoutFolder): Promise<void> {
  const link = join(checkout, '.vagrant');
  if ((await targetOf(link)) === vagrantFolder(labName)) await rm(link);
}

const targetOf = (link: string): Promise<string | undefined> => readlink(link).catch(() => undefined);
