import { rm } from 'node:fs/promises';
import { waitUntil } from '../../system/wait.ts';
import type { Lab } from '../lab.ts';
import { startKubelets, stopKubelets } from './agents.ts';
import { laterOrFirst, type RestoreOptions } from './checkpoint.ts';
import { endLeaders } from './control-plane.ts';
import { haveSameData, keysPath, readKeys, replaceKeys } from './keys.ts';
import { isWithoutDns } from './own-objects.ts';

/** Whoever leads writes it down in one of these. A leader of the checkpoint would be waited for until its time is over. */
const leaders = /^\/registry\/leases\/kube-system\/kube-(controller-manager|scheduler)$/;

/** Seconds that the API server may take to tell of what was written. */
const seenSeconds = 10;

/**
 * For keys that were deleted from an etcd that is well otherwise, beside an API server that is well: writes those of a checkpoint again. It is
 * the cheapest way back: nothing of etcd is replaced, and for the API server, and for all that watch it, these are changes like
 * any others, with revisions that go on. Two kinds of program would misunderstand them, and begin anew: a kubelet takes a pod
 * that it has ended for ended, and the garbage collector (of the controller-manager) removes what belonged to an owner that it
 * has seen go.
 * @returns false where it did not work, no keys were kept, or the members' disks are others: then etcd must be restored.
 */
export async function putKeysBack(lab: Lab, { preferred, signal }: RestoreOptions): Promise<boolean> {
  const checkpoint = laterOrFirst(lab, preferred);
  const kept = await readKeys(checkpoint);
  if (kept === undefined || !(await haveSameData(lab, kept))) return false;
  await stopKubelets(lab, signal);
  await endLeaders(lab, signal);
  // Used once, as with a restore.
  if (checkpoint === preferred) await rm(keysPath(checkpoint));
  try {
    const wanted = kept.entries.filter(({ key }) => !leaders.test(Buffer.from(key, 'base64').toString()));
    await replaceKeys(lab, wanted, signal);
    await waitUntil(() => seesDns(lab, signal), {
      what: 'the API server tells of the keys that were put back',
      deadlineSeconds: seenSeconds,
      everySeconds: 0.1,
      signal,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    return false;
  }
  await startKubelets(lab, signal);
  return true;
}

const seesDns = async (lab: Lab, signal?: AbortSignal): Promise<boolean> =>
  !(await isWithoutDns(lab, { timeoutSeconds: 1, signal }).catch(() => true));
