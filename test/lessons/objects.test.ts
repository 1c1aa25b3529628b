import { expect, test } from 'vitest';
import { forgetConfigMaps } from '../../lessons/objects.ts';
import type { Lab } from '../../scripts/lab/lab.ts';

/** A lab whose API server says these things about itself, one after the other, and the last one for ever. */
function labWhoseServerSays(...ready: readonly boolean[]) {
  const removed: string[] = [];
  const says = [...ready];
  const lab = {
    kubernetes: {
      servers: () => Promise.resolve([{ ready: says.length > 1 ? says.shift() : says[0] }]),
      remove: (path: string) => Promise.resolve(void removed.push(path)),
    },
  } as unknown as Lab;
  return { lab, removed };
}

test('an API server that says for a moment that it is not ready is waited for: nothing stays behind', async () => {
  const { lab, removed } = labWhoseServerSays(false, false, true);
  await forgetConfigMaps(lab, 'answer-one');
  expect(removed).toEqual(['/api/v1/namespaces/default/configmaps/answer-one']);
});
