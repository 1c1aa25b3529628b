import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { componentVersion } from '../bundle/components.ts';
import type { Lab } from './lab.ts';
import { isBalanced, serviceOfApi } from './layout.ts';

/** What runs on every lab: the cluster's DNS and the toolbox, as YAML documents. */
export async function addonManifests(lab: Lab): Promise<string> {
  const workers = lab.machinesWithRole('worker').length;
  const words: Record<string, string> = {
    dnsReplicas: String(Math.min(2, workers)),
    corednsVersion: componentVersion('coredns'),
    ...apiServerForPods(lab),
  };
  const documents = await Promise.all(
    ['coredns', 'toolbox'].map((name) => readFile(join(import.meta.dirname, 'addons', `${name}.yaml`), 'utf8')),
  );
  return documents.join('\n---\n').replace(/\{\{(\w+)\}\}/g, (_, word: string) => words[word] ?? '');
}

/** A pod cannot use the load balancer on its machine's 127.0.0.1. The Service `kubernetes` drops a dead API server too. */
const apiServerForPods = (lab: Lab): Record<string, string> =>
  isBalanced(lab.layout)
    ? { apiServerHost: serviceOfApi.address, apiServerPort: String(serviceOfApi.port) }
    : { apiServerHost: lab.machinesWithRole('controller')[0]?.address ?? '', apiServerPort: '6443' };
