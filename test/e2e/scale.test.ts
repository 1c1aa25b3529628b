import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../scripts/system/wait.ts';
import { leftOfTheLab } from '../support/left.ts';
import { firedrill, programPath, testLab } from '../support/program.ts';
import { kubectl, labState, ok, on, readyNodes, startLab, vagrantByHand } from '../support/test-lab.ts';

const scale = (workers: number, ...flags: string[]): Promise<string> =>
  ok('lab', 'scale', '--workers', String(workers), ...flags);

/** Whatever names w3 to w9: on this computer, in the lab's files, in the cluster. */
async function traces(): Promise<string[]> {
  const lists = await Promise.all([
    leftOfTheLab(testLab.name),
    ...['cloud-config', 'joiners', 'vagrant/machines', 'pki'].map((name) =>
      readdir(join(labState, name)).catch(() => []),
    ),
    kubectl('get', 'nodes,pods,csr,secrets,clusterrolebindings', '--all-namespaces', '-o', 'wide').then((all) =>
      all.split('\n'),
    ),
    ...['c1', 'w1', 'w2'].map(async (name) => (await on(name, 'ip route; cat /etc/kubernetes/pod-routes')).split('\n')),
  ]);
  return lists.flat().filter((line) => /\bw[3-9]\b|10\.2\.20[3-9]|bootstrap-token|firedrill:/.test(line));
}

beforeAll(async () => {
  await startLab();
});

describe('a worker that joins', () => {
  it('is a Ready node with certificates that it asked for, and nobody made one on this computer', async () => {
    expect(await scale(3)).toContain('The lab has 3 workers: w1, w2, w3.');
    expect(await readyNodes()).toEqual(['c1', 'w1', 'w2', 'w3']);
    expect(existsSync(join(labState, 'pki', 'kubelet-w3.crt'))).toBe(false);
    expect(await kubectl('get', 'secrets', '-n', 'kube-system')).not.toContain('bootstrap-token');
  });

  it('answers the API server, has rules for Services, and its pods reach the others and are reached', async () => {
    const onThird = ['-l', 'app=toolbox', '--field-selector', 'spec.nodeName=w3'];
    let pod = '';
    const isMade = async () => (pod = (await kubectl('get', 'pods', ...onThird, '-o', 'name')).trim()) !== '';
    await waitUntil(isMade, { what: 'the new worker gets a toolbox', deadlineSeconds: 60 });
    await kubectl('wait', '--for=condition=Ready', pod, '--timeout', '60s');
    // Ready says nothing of kube-proxy, which writes the rules a moment later.
    const dig = ['exec', pod, '--', 'dig', '+short', 'kubernetes.default.svc.cluster.local'];
    const resolves = async () => (await kubectl(...dig)) === '10.3.0.1';
    await waitUntil(resolves, { what: 'a pod of the new worker reaches the DNS Service', deadlineSeconds: 60 });
    const onFirst = ['-l', 'app=toolbox', '--field-selector', 'spec.nodeName=w1'];
    const other = await kubectl('get', 'pods', ...onFirst, '-o', 'jsonpath={.items[0].status.podIP}');
    // Ends well where one of them is answered.
    await kubectl('exec', pod, '--', 'ping', '-c', '5', '-i', '0.2', other);
  });

  it('is there for vagrant, and comes back with the certificate that it got', async () => {
    const certificate = () => on('w3', 'sha256sum /var/lib/kubelet/pki/kubelet-client-current.pem');
    const before = await certificate();
    const { stdout } = await execa('vagrant', ['ssh', 'w3', '-c', 'hostname'], { env: vagrantByHand });
    expect(stdout.trim()).toBe('w3');
    await ok('lab', 'halt');
    await ok('lab', 'up', '--yes');
    expect(await readyNodes()).toContain('w3');
    expect(await certificate()).toBe(before);
  });

  it('is let in again where its container and its disks were lost', async () => {
    await execa('docker', ['rm', '--force', `${testLab.name}-w3`]);
    await execa('docker', ['volume', 'rm', `${testLab.name}-w3-kubelet`]);
    await ok('lab', 'up', '--yes');
    expect(await readyNodes()).toContain('w3');
  });

  it('leaves without a trace', async () => {
    expect(await scale(2)).toContain('The lab has 2 workers: w1, w2.');
    expect(await traces()).toEqual([]);
  });
});

describe('with --no-approve', () => {
  it('a person lets it in, and then lets it answer', async () => {
    const { waiting } = JSON.parse(await scale(3, '--no-approve', '--json')) as { waiting: { name: string }[] };
    expect(waiting).toHaveLength(1);
    expect(await readyNodes()).not.toContain('w3');
    await kubectl('certificate', 'approve', waiting[0]!.name);
    const second = async () => {
      const said = await scale(3, '--no-approve', '--json');
      return (JSON.parse(said) as { waiting: { name: string; kind: string }[] }).waiting.find(
        ({ kind }) => kind === 'serving',
      );
    };
    const serving = await second();
    await kubectl('certificate', 'approve', serving!.name);
    await waitUntil(async () => (await readyNodes()).includes('w3'), { what: 'w3 is Ready', deadlineSeconds: 60 });
    expect(JSON.parse(await scale(3, '--json'))).toMatchObject({ waiting: [] });
  });
});

describe('a budget', () => {
  it('holds a worker up that should leave: it is named, and the worker goes on', async () => {
    const app = ['--image', 'registry.k8s.io/pause:3.10', '--replicas', '1'];
    await kubectl('cordon', 'w1', 'w2');
    await kubectl('create', 'deployment', 'held', ...app);
    await kubectl('create', 'poddisruptionbudget', 'held', '--selector', 'app=held', '--min-available', '1');
    await kubectl('rollout', 'status', 'deployment/held', '--timeout', '60s');
    const ran = await firedrill(['lab', 'scale', '--workers', '2']);
    expect(ran, ran.all).toMatchObject({ exitCode: 1 });
    expect(ran.stderr).toContain('the disruption budget held in default needs 1 healthy pods, and there are 1');
    expect(await readyNodes()).toContain('w3');
    await kubectl('uncordon', 'w1', 'w2');
    await kubectl('delete', 'pdb/held', 'deployment/held');
    await scale(2);
    expect(await traces()).toEqual([]);
  });
});

describe('killed half-way, and run again', () => {
  /** Runs the program, and kills it with SIGKILL after a while, if it is not done by then. */
  async function killed(workers: number, afterSeconds: number): Promise<void> {
    const child = execa(programPath, ['lab', 'scale', '--workers', String(workers)], {
      env: testLab.environment,
      reject: false,
      stdin: 'ignore',
    });
    await Promise.race([child, sleep(afterSeconds * 1000)]);
    child.kill('SIGKILL');
    await child;
  }

  it.each([1, 4])('after %d s: four workers, and two again', async (afterSeconds) => {
    await killed(4, afterSeconds);
    await scale(4);
    expect(await readyNodes()).toEqual(['c1', 'w1', 'w2', 'w3', 'w4']);
    await killed(2, afterSeconds);
    await scale(2);
    expect(await traces()).toEqual([]);
  });

  it.each([4, 2])('with its Vagrant, which had leased its ports: %d workers', async (workers) => {
    const leases = join(labState, 'vagrant-home', 'data', 'fp-leases');
    const child = execa(programPath, ['lab', 'scale', '--workers', '4'], {
      env: testLab.environment,
      reject: false,
      stdin: 'ignore',
      // A process group of its own, to be killed as one.
      detached: true,
    });
    await waitUntil(async () => (await readdir(leases)).length > 0, {
      what: 'ports are leased',
      deadlineSeconds: 60,
      everySeconds: 0.02,
    });
    process.kill(-child.pid!, 'SIGKILL');
    await child;
    expect(await readdir(leases)).not.toEqual([]);
    await scale(workers);
    expect(await readyNodes()).toEqual(['c1', 'w1', 'w2', 'w3', 'w4'].slice(0, workers + 1));
    await scale(2);
    expect(await traces()).toEqual([]);
  });

  it('a reset brings two workers back', async () => {
    await killed(4, 3);
    await ok('reset', '--to', '3', '--yes');
    expect(await readyNodes()).toEqual(['c1', 'w1', 'w2']);
    expect(await traces()).toEqual([]);
  });
});
