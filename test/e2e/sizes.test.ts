import { execa } from 'execa';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../scripts/system/wait.ts';
import { leftOfTheLab } from '../support/left.ts';
import { testLab } from '../support/program.ts';
import { kubectl, ok, on, readyNodes, status } from '../support/test-lab.ts';

const destroyLab = (): Promise<string> => ok('lab', 'destroy', '--yes');

beforeAll(destroyLab);

afterEach(async () => {
  await destroyLab();
  expect(await leftOfTheLab(testLab.name)).toEqual([]);
});

describe('size single', () => {
  it('is a whole cluster on one machine', async () => {
    await ok('lab', 'up', '--yes', '--size', 'single');
    const { machines, apiServer } = await status();
    expect(machines.map(({ name }) => name)).toEqual(['c1']);
    expect(machines.filter(({ etcd }) => etcd?.isLeader).map(({ name }) => name)).toEqual(['c1']);
    expect(await readyNodes()).toEqual(['c1']);
    expect(apiServer.answers).toBe(true);
  });
});

describe('size ha', () => {
  /** When the node's kubelet last told an API server that it lives, in milliseconds since 1970. */
  const lastWord = async (node: string): Promise<number> => {
    const lease = await on(
      'c2',
      `kubectl get lease -n kube-node-lease ${node} -o jsonpath={.spec.renewTime} --request-timeout 3s`,
    );
    return Date.parse(lease);
  };

  it('outlives its first controller: the balancer of each machine turns to the other one', async () => {
    await ok('lab', 'up', '--yes', '--size', 'ha');
    expect(await readyNodes()).toEqual(['c1', 'c2', 'w1', 'w2', 'w3']);
    for (const machine of ['c1', 'c2', 'w1', 'w2', 'w3']) {
      await on(machine, '/usr/sbin/haproxy -c -q -f /etc/kubernetes/api-balancer.cfg');
    }

    await execa('docker', ['kill', `${testLab.name}-c1`]);
    const killedAt = Date.now();
    // A kubelet renews its lease every 4 s. The workers were lost to the cluster if no balancer had turned.
    for (const node of ['w1', 'w2', 'w3']) {
      await waitUntil(async () => (await lastWord(node)) > killedAt, {
        what: `${node} has told the other API server that it lives`,
        deadlineSeconds: 30,
      });
    }
    await waitUntil(
      async () => (await on('w1', 'journalctl --quiet --no-pager -u api-balancer')).includes('c1 is DOWN'),
      {
        what: 'the balancer of w1 has dropped c1',
        deadlineSeconds: 30,
      },
    );
    let nodes = '';
    const ready = 'kubectl get nodes w1 w2 w3 -o jsonpath=\'{..conditions[?(@.type=="Ready")].status}\'';
    // One whose lease was late for a moment is taken for lost, until it has told its state again.
    const allAreReady = async () => (nodes = await on('c2', ready)) === 'True True True';
    await waitUntil(allAreReady, { what: 'the workers are Ready', deadlineSeconds: 30, saw: () => nodes });

    await ok('lab', 'up', '--yes');
    expect(await readyNodes()).toEqual(['c1', 'c2', 'w1', 'w2', 'w3']);

    // A worker joins, and one changes its version, through the balancer.
    await ok('lab', 'scale', '--workers', '4');
    expect(await readyNodes()).toEqual(['c1', 'c2', 'w1', 'w2', 'w3', 'w4']);
    await ok('lab', 'scale', '--workers', '3');
    await ok('lab', 'upgrade', 'w1', '--to', 'older');
    const versions = await kubectl('get', 'nodes', 'w1', 'w2', '-o', 'jsonpath={..kubeletVersion}');
    const [w1 = '', w2 = ''] = versions.split(' ').map((version) => version.split('.')[1] ?? '');
    expect(Number(w1)).toBe(Number(w2) - 1);
  });
});
