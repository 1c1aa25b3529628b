import { fieldManager } from '../scripts/lab/apply.ts';
import type { ApiObject } from '../scripts/lab/lab.ts';

/** How the guestbook is found. */
export interface Found {
  /** Of its manifest, as they are. */
  objects: readonly ApiObject[];
  /** The same, as they would be if the manifest was applied again. */
  wanted: readonly ApiObject[];
  pods: readonly ApiObject[];
  /** Names of the nodes that are there for its pods. */
  workers: readonly string[];
}

/** Pods that the manifest makes: four of the front end, Redis and its replica. */
const frontEnds = 4;
const podsInAll = frontEnds + 2;

/**
 * What differs from a guestbook that its manifest has just made: somebody else has set a field, a new version was rolled out,
 * pods came by another way, or stand elsewhere, or do not come up. Undefined where nothing does, or where only time is missing.
 */
export function differenceOf({ objects, wanted, pods, workers }: Found): string | undefined {
  for (const object of [...objects, ...pods]) {
    const { name, deletionTimestamp } = object.metadata;
    const stranger = strangerIn(object);
    if (stranger !== undefined) return `${stranger} has changed ${name}`;
    if (deletionTimestamp !== undefined) return `${name} is on its way out`;
  }
  const other = objects.find(({ spec }, index) => JSON.stringify(spec) !== JSON.stringify(wanted[index]?.spec));
  if (other) return `${other.metadata.name} is not what its manifest says`;
  const rolledOut = objects.find(({ metadata }) => (metadata.annotations?.[revision] ?? '1') !== '1');
  if (rolledOut) return `${rolledOut.metadata.name} was rolled out anew`;
  const alone = pods.find(({ metadata }) => (metadata.ownerReferences ?? []).length === 0);
  if (alone) return `nothing would replace ${alone.metadata.name}`;
  if (pods.length !== podsInAll) return `it has ${pods.length} pods`;
  const stuck = pods.find(isStuck);
  if (stuck) return `${stuck.metadata.name} does not come up`;
  return isSpread(pods, workers) ? undefined : 'its pods are not spread';
}

const revision = 'deployment.kubernetes.io/revision';

/** Who set fields, beside this program and Kubernetes itself. */
const strangerIn = ({ metadata }: ApiObject): string | undefined =>
  (metadata.managedFields ?? [])
    .map(({ manager = 'somebody' }) => manager)
    .find((manager) => !ownManagers.has(manager));

const ownManagers = new Set([fieldManager, 'kube-controller-manager', 'kube-scheduler', 'kubelet']);

/** It failed, and kubelet lets time pass before it tries again: up to five minutes. */
const isStuck = ({ status }: ApiObject): boolean =>
  (status?.containerStatuses ?? []).some(({ state }) => /BackOff|^Err|Error$/.test(state?.waiting?.reason ?? ''));

/** As many front ends on each worker, and the replica of Redis not beside the primary. */
function isSpread(pods: readonly ApiObject[], workers: readonly string[]): boolean {
  const on = (key: string, value: string) =>
    pods.filter(({ metadata }) => metadata.labels?.[key] === value).map(({ spec }) => spec?.nodeName ?? '');
  const counts = workers.map((worker) => on('app', 'guestbook').filter((node) => node === worker).length);
  const [primary] = on('role', 'primary');
  return (
    Math.max(...counts) - Math.min(...counts) <= 1 &&
    (workers.length < 2 || !on('role', 'replica').includes(primary ?? ''))
  );
}
