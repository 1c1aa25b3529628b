import { describe, expect, it, test } from 'vitest';
import { namesBets, observeNames } from '../../lessons/03-understand-the-network/names-drill.ts';
import { addressOfPod, cableOf, nextHop, ruleOnNode } from '../../lessons/03-understand-the-network/stations.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { fakeLab } from '../checks/fake-lab.ts';

/** A pod's answer as `inPod` reads it. */
const fromPod = (stdout: string, exitCode = 0) => ({ stdout: `${stdout}\nfiredrill-ended=${exitCode}\n` });

describe('the stations of lesson 03', () => {
  it('know the address of a pod', async () => {
    const objects = {
      '/api/v1/namespaces/default/pods/toolbox-w1': { status: { podIP: '10.2.201.7' } },
      '/api/v1/namespaces/default/pods/pending': { status: {} },
    };
    expect(await addressOfPod('toolbox-w1')(fakeLab({ objects }))).toBe('10.2.201.7');
    expect(await addressOfPod('pending')(fakeLab({ objects }))).toBeUndefined();
  });

  it.each([
    ['10.2.202.3 via 10.0.3.202 dev eth0 src 10.0.3.201 uid 0 \n    cache \n', '10.0.3.202'],
    // On this machine itself: no neighbour is asked.
    ['10.2.201.3 dev cni0 src 10.2.201.1 uid 0 \n    cache \n', undefined],
    ['', undefined],
  ])('know the next hop in %j', async (stdout, neighbour) => {
    const asked: string[] = [];
    const on = (machine: string, command: string) => {
      asked.push(`${machine}: ${command}`);
      return { stdout };
    };
    expect(await nextHop('w1', '10.2.202.3')(fakeLab({ on }))).toBe(neighbour);
    expect(asked).toEqual(['w1: ip route get 10.2.202.3']);
  });

  const links = [
    '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT',
    '2: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT',
    '112: vethaaaaaa@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master cni0 state UP',
    '12: veth5b1c3d@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master cni0 state UP',
  ].join('\n');
  it.each([
    ['the other end', fromPod('12'), 'veth5b1c3d'],
    ['none where the machine has no such end', fromPod('13'), undefined],
    ['none where the pod cannot be asked', { stdout: '', stderr: 'pods "x" not found', exitCode: 1 }, undefined],
  ])('know the cable of a pod: %s', async (_, answer, name) => {
    const lab = fakeLab({ onHost: () => answer, on: () => ({ stdout: links }) });
    expect(await cableOf('toolbox-w1', 'w1')(lab)).toBe(name);
  });

  it.each([
    ['met', { stdout: '7\n' }, '7 lines mention default/guestbook'],
    ['unmet', { stdout: '0\n', exitCode: 1 }, 'no rule on w1 mentions it'],
    ['unknown', { stdout: '', exitCode: 2 }, 'w1 does not show its rules'],
  ] as const)('say %s of the rules of a Service', async (kind, answer, words) => {
    const verdict = await ruleOnNode('w1', 'default/guestbook').look(fakeLab({ on: () => answer }));
    expect(verdict.kind).toBe(kind);
    expect(JSON.stringify(verdict)).toContain(words);
  });
});

const seen = (from: number, elsewhere: boolean, served: boolean) => ({
  from,
  to: from + 100,
  saw: { elsewhere, served },
});
/** Looks a second apart, the first when the fault was in force; one more lies before it. */
const measured = (...looks: (readonly [elsewhere: boolean, served: boolean])[]) => {
  const observed = looks.map(([elsewhere, served], index) => seen(1000 + 1000 * index, elsewhere, served));
  const facts = { startedAt: 1000, metAt: 9000, observed: [seen(0, false, false), ...observed] };
  return Promise.all(namesBets.map((bet) => bet.measure({} as Lab, facts)));
};

describe('the bets on names', () => {
  it('are measured while DNS was away only', async () => {
    expect(await measured([true, true], [true, true])).toEqual([
      { value: 'all', saw: '2 of 2 requests were answered, over 8 s' },
      { value: 'answered', saw: '2 of 2 questions from w2 were answered' },
    ]);
  });

  it('tell some from none', async () => {
    expect(await measured([true, false], [false, true], [false, true])).toMatchObject([
      { value: 'some', saw: '2 of 3 requests were answered, over 8 s' },
      { value: 'half', saw: '1 of 3 questions from w2 were answered' },
    ]);
    expect(await measured([false, false])).toMatchObject([{ value: 'none' }, { value: 'silence' }]);
  });

  it('measure nothing where nobody looked in time', async () => {
    await expect(async () => measured()).rejects.toThrow('before anything could be measured');
  });

  it('have a choice for each value that can be measured', () => {
    const values = namesBets.map(({ choices }) => choices.map(({ value }) => value));
    expect(values).toEqual([
      ['all', 'some', 'none'],
      ['answered', 'half', 'silence'],
    ]);
  });
});

const pods = '/api/v1/namespaces/default/pods?labelSelector=app%3Dguestbook&fieldSelector=spec.nodeName%3Dw1';

test('names are asked for on w2, and a guestbook of w1 is visited by its address', async () => {
  const over = new AbortController();
  const asked: string[] = [];
  const lab = fakeLab({
    objects: { [pods]: { items: [{ status: {} }, { status: { podIP: '10.2.201.9' } }] } },
    onHost: (command) => {
      asked.push(command);
      if (command.includes('dig')) return fromPod('10.3.0.1');
      over.abort();
      return fromPod('', 28);
    },
  });
  const samples = (await observeNames(lab, over.signal)) as { saw: unknown }[];
  expect(samples.at(0)?.saw).toEqual({ elsewhere: true, served: false });
  expect(asked.some((command) => /toolbox-w2 .*dig/.test(command))).toBe(true);
  expect(asked.some((command) => /toolbox-w1 .*http:\/\/10\.2\.201\.9:8080/.test(command))).toBe(true);
});
