import { readFile } from 'node:fs/promises';
import type { Lab } from '../../scripts/lab/lab.ts';
import { applyAsGuestbook, guestbookManifest } from '../guestbook.ts';

/**
 * What a pod of the guestbook may use here: fifty thousandths of a CPU. All machines of the lab share the computer's CPUs,
 * so that without a limit more pods would have no more of them. With it four pods leave most of two cores to the rest.
 */
export const cpuLimit = '50m';

/** Puts the guestbook as its manifest says, with a limit for each pod of its front end. */
export async function applyLimitedGuestbook(lab: Lab): Promise<void> {
  await applyAsGuestbook(lab, await withCpuLimit(await readFile(guestbookManifest, 'utf8'), cpuLimit));
}

/** The same manifest, with a CPU limit for the first container of the Deployment `guestbook`. @throws where it has none. */
export async function withCpuLimit(manifest: string, limit: string): Promise<string> {
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(manifest);
  const isFrontEnd = (document: (typeof documents)[number]): boolean =>
    document.get('kind') === 'Deployment' && document.getIn(['metadata', 'name']) === 'guestbook';
  const frontEnd = documents.find(isFrontEnd);
  if (!frontEnd) throw new Error('the manifest has no Deployment guestbook');
  frontEnd.setIn(['spec', 'template', 'spec', 'containers', 0, 'resources', 'limits', 'cpu'], limit);
  return documents.map((document) => document.toString({ directives: false })).join('---\n');
}
