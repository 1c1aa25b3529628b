import { anApiServerServes } from '../scripts/lab/health.ts';
import { patientSeconds } from '../scripts/lab/kubernetes.ts';
import { kubectl } from '../scripts/lab/scale/kubectl.ts';
import type { Lab } from '../scripts/lab/lab.ts';
import { comesTrue } from '../scripts/system/wait.ts';

// A `reset` cleans up after every lesson, mostly where there is nothing. So the API server itself is asked first: one
// kubectl costs as much as fifty requests.

interface Node {
  metadata: { name: string; labels?: Record<string, string> };
  spec: { unschedulable?: boolean };
}

/** Removes ConfigMaps of `default`, such as the answers that a lesson asked for. */
export const forgetConfigMaps = (lab: Lab, ...names: readonly string[]): Promise<void> =>
  forget(lab, ...names.map((name) => `/api/v1/namespaces/default/configmaps/${name}`));

/**
 * Removes what these API paths name. Without an API server there is nothing to remove: the baseline says what is wrong,
 * and a reset brings it back.
 */
export async function forget(lab: Lab, ...paths: readonly string[]): Promise<void> {
  if (await isReady(lab)) await Promise.all(paths.map((path) => lab.kubernetes.remove(path)));
}

const questions = new WeakMap<Lab, Promise<boolean>>();

/** Seconds that an API server is given. One that has much to do says for a moment that it is not ready, or nothing. */
const patienceSeconds = 10;

/** Whether an API server serves what etcd holds. Whoever asks while it is being asked gets the same answer. */
export function isReady(lab: Lab): Promise<boolean> {
  const asked = questions.get(lab) ?? servesSoon(lab).finally(() => questions.delete(lab));
  questions.set(lab, asked);
  return asked;
}

const servesSoon = (lab: Lab): Promise<boolean> =>
  comesTrue(() => anApiServerServes(lab), { what: 'an API server serves', deadlineSeconds: patienceSeconds });

/** Takes a label off every node that has it. */
export async function forgetLabel(lab: Lab, key: string): Promise<void> {
  const labelled = await nodesThat(lab, ({ metadata }) => metadata.labels?.[key] !== undefined);
  if (labelled.length > 0) await kubectl(lab, ['label', 'node', ...labelled, `${key}-`]);
}

/** Lets every node take pods again. */
export async function uncordonAll(lab: Lab): Promise<void> {
  const cordoned = await nodesThat(lab, ({ spec }) => spec.unschedulable ?? false);
  if (cordoned.length > 0) await kubectl(lab, ['uncordon', ...cordoned]);
}

async function nodesThat(lab: Lab, are: (node: Node) => boolean): Promise<string[]> {
  if (!(await isReady(lab))) return [];
  const { items } = await lab.kubernetes.get<{ items: Node[] }>('/api/v1/nodes', { timeoutSeconds: patientSeconds });
  return items.filter(are).map(({ metadata }) => metadata.name);
}
