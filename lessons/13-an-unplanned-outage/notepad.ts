import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterCheck, firstLine, lookSeconds } from '../../scripts/checks/looking.ts';
import { met, unknown, unmet, type Check } from '../../scripts/checks/verdict.ts';
import { readyPods } from '../../scripts/checks/workloads.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

const selector = 'app=notepad';
const manifest = join(import.meta.dirname, 'manifests', 'notepad.yaml');

export async function applyNotepad(lab: Lab): Promise<void> {
  await lab.kubernetes.apply(await readFile(manifest, 'utf8'));
}

/** The notepad that runs has this page, word for word, in its emptyDir. */
export function pageSays(text: string): Check {
  const claim = `the notepad's page says '${text}'`;
  return clusterCheck(claim, async (cluster, lab) => {
    const pod = (await readyPods(cluster, selector))[0]?.metadata?.name;
    if (pod === undefined) return unmet('no notepad is Ready', claim);
    // The last word tells a page that is not there from a pod that could not be asked.
    const command = `kubectl exec ${pod} -- sh -c 'cat /pages/page 2>/dev/null; echo; echo end'`;
    const result = await lab.onHost(command, { timeoutSeconds: lookSeconds });
    const lines = result.stdout.trim().split('\n');
    if (lines.at(-1)?.trim() !== 'end') return unknown(`${pod} does not tell (${firstLine(result.stderr)})`);
    const page = lines.slice(0, -1).join('\n').trim();
    if (page === text) return met(`it says '${page}'`);
    return unmet(page === '' ? `there is no page in ${pod}` : `it says '${page}'`, claim);
  });
}
