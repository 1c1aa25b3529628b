import { expect, test } from 'vitest';
import { createLayout } from '../../scripts/lab/layout.ts';
import { createLab } from '../../scripts/lab/open.ts';
import { labFolder } from '../../scripts/system/folders.ts';

test('whatever the programs of the shell read and keep is in the folder that goes with the lab', () => {
  const folder = labFolder('made-up');
  const { KUBECONFIG, KUBECACHEDIR, LAB } = createLab(createLayout({ name: 'made-up' })).shellEnvironment();
  expect(LAB).toBe(folder);
  for (const path of [KUBECONFIG, KUBECACHEDIR]) expect(path?.startsWith(`${folder}/`)).toBe(true);
});
