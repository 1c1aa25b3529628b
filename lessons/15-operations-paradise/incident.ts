import type { V1ConfigMap } from '@kubernetes/client-node';
import { clusterCheck, listed } from '../../scripts/checks/looking.ts';
import { met, unmet, type Check } from '../../scripts/checks/verdict.ts';
import type { Answer } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

/** The five questions of lesson 04, each by one word. */
export const questions = ['failed', 'noticed', 'carried', 'elected', 'helped'] as const;
const inFull: Readonly<Record<(typeof questions)[number], string>> = {
  failed: 'What failed?',
  noticed: 'What noticed it, and after how long?',
  carried: 'What carried on?',
  elected: 'What was elected in its place, by whom?',
  helped: 'What would have helped?',
};
const fewestWords = 3;
const path = '/api/v1/namespaces/default/configmaps/incident';

/** Somebody answered all five questions in the ConfigMap `incident`, each in a few words. What they say is theirs. */
export function reportIsWritten(): Check {
  const claim = 'the ConfigMap incident answers all five questions';
  return clusterCheck(claim, async (cluster) => {
    const found = await cluster.get<V1ConfigMap>(path);
    if (!found) return unmet('there is no ConfigMap incident in the namespace default', claim);
    const words = (key: string): number => (found.data?.[key] ?? '').split(/\s+/).filter((word) => word !== '').length;
    const missing = questions.filter((key) => words(key) === 0);
    if (missing.length > 0) return unmet(`it does not answer ${listed(missing)}`, claim);
    const short = questions.filter((key) => words(key) < fewestWords);
    if (short.length > 0) return unmet(`${listed(short)}: fewer than ${fewestWords} words`, claim);
    return met(`it answers ${listed(questions)}`);
  });
}

/** The five answers as they are now. @throws KubernetesError where they cannot be read. */
export async function writtenAnswers(lab: Pick<Lab, 'kubernetes'>): Promise<Answer[]> {
  const { data = {} } = await lab.kubernetes.get<V1ConfigMap>(path);
  return questions.map((key) => ({ question: inFull[key], answer: data[key] ?? '' }));
}
