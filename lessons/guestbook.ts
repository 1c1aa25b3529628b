import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appAnswersThrough } from '../scripts/checks/app.ts';
import type { AppOptions, KeptApp } from '../scripts/course/model.ts';
import { KubernetesError, patientSeconds } from '../scripts/lab/kubernetes.ts';
import type { ApiObject, Lab } from '../scripts/lab/lab.ts';
import { checkoutFolder } from '../scripts/system/folders.ts';
import { FiredrillError } from '../scripts/system/errors.ts';
import { waitUntil } from '../scripts/system/wait.ts';
import { differenceOf } from './as-made.ts';
import { forget, isReady } from './objects.ts';

export const guestbookManifest = join(checkoutFolder, 'app', 'manifests', 'guestbook.yaml');

/** What lessons ask to write. */
export const messages = {
  'Run an app': 'hello from a pod',
  'Understand the network': 'through the tunnel',
  'Back up and restore': 'after the backup',
  'An unplanned outage': 'written before the outage',
} as const;

interface Named {
  metadata: { name: string };
}

/** Takes a message out of the list that app/messages.ts keeps, wherever it stands. */
const forgetScript = `
  for _, item in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    local ok, message = pcall(cjson.decode, item)
    if ok and message.text == ARGV[1] then redis.call('LREM', KEYS[1], 0, item) end
  end`;

/** Puts the guestbook as its manifest says: four pods of version 1, Redis with a replica. One that is so already is left. */
export async function applyGuestbook(lab: Lab, { keepsApp = false }: AppOptions = {}): Promise<void> {
  if (keepsApp) return;
  await applyAsGuestbook(lab, await readFile(guestbookManifest, 'utf8'));
  // One that did not run while it was removed, as after all keys are lost, still has them on its disk.
  await waitUntil(async () => runs(await redisPod(lab)), { what: 'Redis runs', deadlineSeconds: 120 }).catch(
    () => undefined,
  );
  await forgetMessages(lab, Object.values(messages));
}

/**
 * Applies the manifest of a guestbook, its volume first. A pod may be scheduled when its claim has its volume, and be on its
 * node before the claim's status says so (`PVC is not bound`): then kubelet tries again ten seconds later.
 */
export async function applyAsGuestbook(lab: Lab, manifest: string): Promise<void> {
  await lab.kubernetes.apply(await volumesOf(manifest));
  const isBound = async () => {
    const claim = await lab.kubernetes.get<{ status?: { phase?: string } }>(claimPath);
    return claim.status?.phase === 'Bound';
  };
  // Where nobody binds it, the baseline says what is wrong.
  await waitUntil(isBound, { what: 'the volume of Redis is bound', deadlineSeconds: 20, everySeconds: 0.1 }).catch(
    () => undefined,
  );
  await lab.kubernetes.apply(manifest);
}

const claimPath = '/api/v1/namespaces/default/persistentvolumeclaims/redis-data';

/** The volumes of a manifest, and the claims to them. */
async function volumesOf(manifest: string): Promise<string> {
  const { parseAllDocuments } = await import('yaml');
  return parseAllDocuments(manifest)
    .filter((document) => /^PersistentVolume/.test(String(document.get('kind'))))
    .map((document) => document.toString({ directives: false }))
    .join('---\n');
}

const removals = new WeakMap<AppOptions, Promise<void>>();

/**
 * Removes the guestbook, at once and without a goodbye. Its messages stay on the disk of w1, without those that lessons
 * ask for. With `keepsApp`, only those messages go. For the same options it is done once: a `reset` cleans up after all
 * lessons.
 */
export function removeGuestbook(lab: Lab, options: AppOptions = {}): Promise<void> {
  const removal = removals.get(options) ?? remove(lab, options);
  removals.set(options, removal);
  return removal;
}

/** What its pods have in the label `app`. */
const labels = ['guestbook', 'redis'];
const labelled = `labelSelector=${encodeURIComponent(`app in (${labels.join(',')})`)}`;
const podsPath = `/api/v1/namespaces/default/pods?${labelled}`;
const replicaSetsPath = `/apis/apps/v1/namespaces/default/replicasets?${labelled}`;

/** A guestbook that nobody touched need not be made anew, which takes ten seconds. */
export async function guestbookAsMade(lab: Lab): Promise<KeptApp | undefined> {
  let found: KeptApp | undefined;
  const look = async (): Promise<boolean> => {
    found = await keptGuestbook(lab);
    return true;
  };
  // An API server that has much to do refuses, or answers late. Where it never tells, nothing is kept.
  await waitUntil(look, { what: 'the API server tells of the guestbook', deadlineSeconds: 20 }).catch(() => undefined);
  return found;
}

/** Undefined where it differs, an object is missing or could not be as it was made. @throws where nobody tells. */
async function keptGuestbook(lab: Lab): Promise<KeptApp | undefined> {
  const get = <T>(path: string) => lab.kubernetes.get<T>(path, { timeoutSeconds: patientSeconds });
  try {
    const manifest = await readFile(guestbookManifest, 'utf8');
    const paths = await lab.kubernetes.pathsOf(manifest);
    const objects = await Promise.all(paths.map((path) => get<ApiObject>(path)));
    const wanted = await lab.kubernetes.apply(manifest, { dryRun: true });
    const pods = await get<{ items: ApiObject[] }>(podsPath);
    const workers = lab.machinesWithRole('worker').map(({ name }) => name);
    if (differenceOf({ objects, wanted, pods: pods.items, workers }) !== undefined) return undefined;
    // The API server may tell of pods what was before their machine fell: so the app itself is asked, pod by pod.
    return { paths, labels, proof: [appAnswersThrough('w1'), appAnswersThrough('w2')] };
  } catch (error) {
    const isMissing = error instanceof KubernetesError && error.status === 404;
    const isAnother = error instanceof FiredrillError && error.code === 'apply-failed';
    if (isMissing || isAnother) return undefined;
    throw error;
  }
}

async function remove(lab: Lab, options: AppOptions): Promise<void> {
  await forgetMessages(lab, Object.values(messages), options);
  if (options.keepsApp) return;
  if (!(await isReady(lab))) return;
  const rules = 'propagationPolicy=Background&gracePeriodSeconds=1';
  const paths = await lab.kubernetes.pathsOf(await readFile(guestbookManifest, 'utf8'));
  await forget(lab, ...paths.map((path) => `${path}?${rules}`));
  // After those that would replace them. The garbage collector removes what is nobody's any more, but not at once.
  for (const path of [replicaSetsPath, podsPath]) await forget(lab, `${path}&${rules}`);
  // Whoever makes it anew while the old claim is still on its way out loses the new one.
  const isGone = async () => {
    const lists = await Promise.all(
      ['/api/v1/namespaces/default/persistentvolumeclaims', '/api/v1/persistentvolumes'].map((path) =>
        lab.kubernetes.get<{ items: Named[] }>(path),
      ),
    );
    return !lists.some(({ items }) => items.some(({ metadata }) => metadata.name === 'redis-data'));
  };
  // Where its machine is off it cannot go, and the baseline says what is wrong.
  await waitUntil(isGone, { what: 'the volume of Redis is gone', deadlineSeconds: 120 }).catch(() => undefined);
}

const toForget = new WeakMap<Lab, { texts: Set<string>; done: Promise<void> }>();

/**
 * Takes messages that a lesson asks for out of the guestbook, so that the lesson can be taken again. Others stay. What
 * several lessons want forgotten at once is forgotten in one go; of an app that is kept, `later` where the options say so.
 */
export async function forgetMessages(
  lab: Lab,
  texts: readonly string[],
  { keepsApp, later }: AppOptions = {},
): Promise<void> {
  const work = forgetSoon(lab, texts, keepsApp ?? false);
  if (keepsApp && later) later(work);
  else await work;
}

function forgetSoon(lab: Lab, texts: readonly string[], isKept: boolean): Promise<void> {
  const waiting = toForget.get(lab);
  if (waiting) {
    for (const text of texts) waiting.texts.add(text);
    return waiting.done;
  }
  const all = new Set(texts);
  const done = forgetTogether(lab, all, isKept);
  toForget.set(lab, { texts: all, done });
  return done;
}

/** `texts` may grow until the guestbook is asked. One that does not run is not, unless it is kept: then it is about to. */
async function forgetTogether(lab: Lab, texts: ReadonlySet<string>, isKept: boolean): Promise<void> {
  const found = await redisPod(lab);
  toForget.delete(lab);
  if (!runs(found) && !isKept) return;
  const input = [...texts].map((text) => `redis-cli eval "${forgetScript}" 1 guestbook '${text}'`).join('\n');
  // In a cluster that was just restored, the API server says "Running" of a container that is only about to. A kubectl costs
  // as much as fifty requests: it asks again once the API server says something new of the pod, or after two seconds.
  let askedOf: string | undefined;
  let askedAt = 0;
  const isForgotten = async () => {
    const pod = await redisPod(lab);
    if (!runs(pod)) return !isKept;
    const version = pod?.metadata.resourceVersion;
    if (version === askedOf && performance.now() - askedAt < 2000) return false;
    askedOf = version;
    askedAt = performance.now();
    return (await lab.onHost('kubectl exec -i redis-primary-0 -- sh', { input })).exitCode === 0;
  };
  const forgotten = { what: 'the guestbook forgets what lessons ask for', deadlineSeconds: 60 };
  await waitUntil(isForgotten, forgotten).catch(() => undefined);
}

interface RedisPod {
  metadata: { resourceVersion: string };
  status?: { phase?: string };
}

const redisPod = (lab: Lab): Promise<RedisPod | undefined> =>
  lab.kubernetes
    .get<RedisPod>('/api/v1/namespaces/default/pods/redis-primary-0', { timeoutSeconds: patientSeconds })
    .catch(() => undefined);

const runs = (pod: RedisPod | undefined): boolean => pod?.status?.phase === 'Running';
