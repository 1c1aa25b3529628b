import { expect, test } from 'vitest';
import { nodeIsHalfMoved, nodeRunsMinor } from '../../scripts/checks/versions.ts';
import { progressScript, type Minor } from '../../scripts/lab/upgrade/on-machine.ts';
import { fakeLab } from './fake-lab.ts';

/** A machine with these programs, chosen for good unless told otherwise, whose node says this version, beside an API server 1.37. */
function labWith(runs: { kubelet?: Minor; kubeProxy?: Minor }, says = 'v1.37.2', down = false, chosen = 'yes') {
  const progress = (minor: Minor) =>
    `kubelet ${runs.kubelet === minor ? 'moved' : 'not'}\nkube-proxy ${runs.kubeProxy === minor ? 'moved' : 'not'}\nchosen ${chosen}\n`;
  return fakeLab({
    down,
    on: (_, command) => ({ stdout: progress(command === progressScript('older') ? 'older' : 'newer') }),
    objects: {
      '/version': { gitVersion: 'v1.37.2' },
      '/api/v1/nodes/w2': { status: { nodeInfo: { kubeletVersion: says } } },
    },
  });
}

test.each([
  ['met', labWith({ kubelet: 'older', kubeProxy: 'older' }, 'v1.36.3'), 'older', /says kubelet v1.36.3/],
  ['met', labWith({ kubelet: 'newer', kubeProxy: 'newer' }), 'newer', /says kubelet v1.37.2/],
  ['unmet', labWith({ kubelet: 'older', kubeProxy: 'older' }), 'older', /says kubelet v1.37.2 still/],
  ['unmet', labWith({ kubelet: 'older', kubeProxy: 'newer' }, 'v1.36.3'), 'older', /no kube-proxy of the older/],
  ['unmet', labWith({ kubeProxy: 'newer' }), 'newer', /no kubelet of the newer/],
  [
    'unmet',
    labWith({ kubelet: 'older', kubeProxy: 'older' }, 'v1.36.3', false, 'no'),
    'older',
    /version.env on w2 does not choose them/,
  ],
  ['unknown', labWith({ kubelet: 'newer', kubeProxy: 'newer' }, ''), 'newer', /nobody tells the version of node w2/],
  ['unknown', labWith({ kubelet: 'newer', kubeProxy: 'newer' }, 'v1.37.2', true), 'newer', /API server/],
  ['unknown', fakeLab({ on: () => ({ exitCode: 255, stderr: 'no route to host' }) }), 'newer', /no route/],
] as const)('%s: w2 runs a minor (%#)', async (kind, lab, minor, says) => {
  const verdict = await nodeRunsMinor('w2', minor).look(lab);
  expect(verdict.kind).toBe(kind);
  expect(verdict.kind === 'unknown' ? verdict.why : verdict.saw).toMatch(says);
});

test.each([
  ['met', labWith({ kubeProxy: 'older' })],
  ['unmet', labWith({ kubelet: 'newer', kubeProxy: 'older' })],
  ['unmet', labWith({ kubelet: 'older', kubeProxy: 'older' })],
  ['unmet', labWith({ kubeProxy: 'newer' })],
  ['unknown', fakeLab({ on: () => ({ exitCode: 1 }) })],
] as const)('%s: a move that stopped half-way (%#)', async (kind, lab) => {
  expect((await nodeIsHalfMoved('w2', 'older').look(lab)).kind).toBe(kind);
});
