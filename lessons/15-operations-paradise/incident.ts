import type { V1ConfigMap } from '@kubernetes/client-node';
import { clusterCheck, listed } from '../../scripts/checks/looking.ts';
import { met, unmet, type Check } from '../../scripts/checks/verdict.ts';

/** The five questions of lesson 04, each by one word. */
export const questions = ['failed', 'noticed', 'carried', 'elected', 'helped'] as const;
const fewestWords = 3;

/** Somebody answered all five questions in the ConfigMap `incident`, each in a few words. What they say is theirs. */
export function reportIsWritten(): Check {
  const claim = 'the ConfigMap incident answers all five questions';
  return clusterCheck(claim, async (cluster) => {
    const found = await cluster.get<V1ConfigMap>('/api/v1/namespaces/default/configmaps/incident');
    if (!found) return unmet('there is no ConfigMap incident in the namespace default', claim);
    const words = (key: string): number => (found.data?.[key] ?? '').split(/\s+/).filter((word) => word !== '').length;
    const missing = questions.filter((key) => words(key) === 0);
    if (missing.length > 0) return unmet(`it does not answer ${listed(missing)}`, claim);
    const short = questions.filter((key) => words(key) < fewestWords);
    if (short.length > 0) return unmet(`${listed(short)}: fewer than ${fewestWords} words`, claim);
    return met(`it answers ${listed(questions)}`);
  });
}
