import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writeAtomically } from '../system/files.ts';
import { apiServerUrl, type ApiServers } from './api-servers.ts';
import { hasRole, isBalanced, type Layout, type Machine } from './layout.ts';

/**
 * Name of a controller's context: the lab's, or with two controllers `firedrill-c1` and `firedrill-c2`. kubectl knows
 * one server only, that of the current context, and does not turn to another. A learner does that by hand, with
 * `kubectl --context firedrill-c2`, and sees whom he asks; the program's own commands are sent to one that is ready.
 */
export const contextOf = (layout: Layout, controller: Machine): string =>
  isBalanced(layout) ? `${layout.name}-${controller.name}` : layout.name;

const kubeconfigPath = (labFolder: string): string => join(labFolder, 'kubeconfig');
/** A file that says nothing but the current context: kubectl takes that from the first file that names one. */
const choicePath = (labFolder: string, controller: Machine): string =>
  join(labFolder, 'kubeconfig-for', controller.name);

/** Writes the host's kubeconfig of a lab. */
export async function writeKubeconfig(layout: Layout, labFolder: string): Promise<void> {
  await writeAtomically(kubeconfigPath(labFolder), await renderKubeconfig(layout, labFolder), { mode: 0o600 });
  if (!isBalanced(layout)) return;
  for (const controller of controllersOf(layout)) {
    const choice = { apiVersion: 'v1', kind: 'Config', 'current-context': contextOf(layout, controller) };
    await writeAtomically(choicePath(labFolder, controller), stringify(choice), { mode: 0o600 });
  }
}

/** The administrator's kubeconfig: a context for each controller, the first one current. */
export async function renderKubeconfig(layout: Layout, labFolder: string): Promise<string> {
  const base64 = (name: string) => readFile(join(labFolder, 'pki', name), 'base64');
  const authority = await base64('ca.crt');
  const controllers = controllersOf(layout);
  const names = controllers.map((controller) => contextOf(layout, controller));
  const clusters = controllers.map((controller) => ({
    name: contextOf(layout, controller),
    cluster: { server: apiServerUrl(controller), 'certificate-authority-data': authority },
  }));
  const user = {
    'client-certificate-data': await base64('admin.crt'),
    'client-key-data': await base64('admin.key'),
  };
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters,
      users: [{ name: 'admin', user }],
      contexts: names.map((name) => ({ name, context: { cluster: name, user: 'admin' } })),
      'current-context': names[0] ?? layout.name,
    },
    { aliasDuplicateObjects: false },
  );
}

/** What a command of the program is told beside the learner's environment, so that it asks an API server that is ready. */
export async function towardsAnswering(
  layout: Layout,
  labFolder: string,
  apiServers: ApiServers,
): Promise<Record<string, string>> {
  if (!isBalanced(layout)) return {};
  const controller = await apiServers.answering(1);
  if (!controller) return {};
  return {
    KUBECONFIG: `${choicePath(labFolder, controller)}:${kubeconfigPath(labFolder)}`,
    APISERVER: apiServerUrl(controller),
  };
}

const controllersOf = (layout: Layout): Machine[] =>
  layout.machines.filter((machine) => hasRole(machine, 'controller'));
