import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { growth, readyAfter, whereNewPodsStart } from '../../lessons/11-scaling-nodes-up/bets.ts';
import { capacityOf } from '../../lessons/11-scaling-nodes-up/capacity.ts';
import { burstOf, crowdAt } from '../../lessons/11-scaling-nodes-up/flat-out.ts';
import { withCpuLimit } from '../../lessons/11-scaling-nodes-up/limited.ts';
import { guestbookManifest } from '../../lessons/guestbook.ts';
import { certificateRequests } from '../../scripts/checks/joining.ts';
import type { DrillFacts } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { fakeLab } from '../checks/fake-lab.ts';
import { clientRequest } from '../lab/scale/certificate-request.ts';

const lab = {} as Lab;
const facts = (observed: unknown): DrillFacts => ({ startedAt: 1000, metAt: 9000, observed });
/** `perSecond` answers of each of the pods, from one moment to another, in seconds. */
const answers = (pods: readonly string[], perSecond: number, from: number, to: number) =>
  pods.flatMap((pod) =>
    Array.from({ length: (to - from) * perSecond }, (_, index) => ({
      at: from * 1000 + (index * 1000) / perSecond,
      pod,
    })),
  );
const burst = (...all: ReturnType<typeof answers>[]) => ({
  answers: all.flat().toSorted((one, other) => one.at - other.at),
  failed: 0,
});
const four = ['a', 'b', 'c', 'd'];
const six = [...four, 'e', 'f'];

test('capacity is what was answered once the connections were open', () => {
  const seen = capacityOf(burst(answers(four, 100, 10, 14)));
  expect(seen.pods).toBe(4);
  expect(seen.perSecond).toBeCloseTo(400, -1);
  expect(() => capacityOf(burst(answers(four, 100, 10, 11)))).toThrow('too short');
  expect(() => capacityOf(burst())).toThrow('too short');
});

test('growth is told in times, and not where there are no more pods than before', async () => {
  const measure = (after: ReturnType<typeof burst>) =>
    growth.measure(lab, facts({ before: burst(answers(four, 100, 10, 14)), after }));
  expect(await measure(burst(answers(six, 100, 30, 34)))).toEqual({
    value: 'half',
    saw: '4 pods 400 a second, 6 pods 600: 1.50 times as many',
  });
  expect(await measure(burst(answers(six, 70, 30, 34)))).toMatchObject({ value: 'same' });
  expect(await measure(burst(answers(six, 200, 30, 34)))).toMatchObject({ value: 'double' });
  await expect(async () => measure(burst(answers(four, 200, 30, 34)))).rejects.toThrow('4 pods answered before');
  await expect(async () => growth.measure(lab, facts(undefined))).rejects.toThrow('nobody measured');
});

test('only answers with 2xx count, by when they were there', () => {
  const result = (code: number, sentAt: number) => ({ code, sentAt, tookMs: 5, pod: 'a' });
  expect(burstOf([result(200, 20), result(503, 15), result(200, 10), result(0, 5)])).toEqual({
    answers: [
      { at: 15, pod: 'a' },
      { at: 25, pod: 'a' },
    ],
    failed: 2,
  });
});

test('the crowd asks as often as it is answered, and each visitor takes a new connection now and then', () => {
  const doors = [
    { machine: 'w1', address: '10.0.3.201:30080' },
    { machine: 'w2', address: '10.0.3.202:30080' },
  ];
  const { targets, options } = crowdAt(doors);
  expect(options).toContain('-rate=0');
  expect(options.filter((option) => option.endsWith('10.0.3.202:30080'))).toHaveLength(32);
  const lines = targets.split('\n').filter((line) => line !== '');
  const names = new Set(lines.filter((line) => line.startsWith('GET')));
  expect(names.size).toBe(64);
  expect(lines.filter((line) => line === 'Connection: close')).toHaveLength(64);
});

test('the limit is for the front end only, and the rest of the manifest stays', async () => {
  const manifest = await readFile(guestbookManifest, 'utf8');
  const [before, after] = [manifest, await withCpuLimit(manifest, '50m')].map((text) =>
    parseAllDocuments(text).map((document) => document.toJS() as unknown),
  );
  const differing = after!.filter((document, index) => JSON.stringify(document) !== JSON.stringify(before![index]));
  expect(after).toHaveLength(before!.length);
  expect(differing).toMatchObject([
    {
      metadata: { name: 'guestbook' },
      spec: {
        template: { spec: { containers: [{ resources: { limits: { cpu: '50m' }, requests: { cpu: '20m' } } }] } },
      },
    },
  ]);
  await expect(withCpuLimit('kind: Service', '50m')).rejects.toThrow('no Deployment guestbook');
});

test('new pods are where they are Ready', async () => {
  const pod = (nodeName: string, status = 'True') => ({
    metadata: {},
    spec: { nodeName },
    status: { conditions: [{ type: 'Ready', status }] },
  });
  const where = (...items: unknown[]) =>
    whereNewPodsStart.measure(
      fakeLab({ objects: { '/api/v1/namespaces/default/pods?labelSelector=app%3Dguestbook': { items } } }),
      facts(undefined),
    );
  expect(await where(pod('w1'), pod('w3'), pod('w3'))).toEqual({ value: '2', saw: 'w3 has 2 of them' });
  expect(await where(pod('w1'), pod('w3'), pod('w3', 'False'))).toMatchObject({ value: '1' });
  expect(await where(pod('w1'))).toMatchObject({ value: '0' });
});

test('w3 is Ready so many seconds after its first request was approved', async () => {
  const request = async (node: string, at: string) => ({
    ...(await clientRequest({ name: `csr-${node}`, commonName: `system:node:${node}` })),
    status: { conditions: [{ type: 'Approved', lastUpdateTime: at }] },
  });
  const node = (status: string) => ({
    status: { conditions: [{ type: 'Ready', status, lastTransitionTime: '2026-11-28T10:00:09Z' }] },
  });
  const objects = {
    [certificateRequests]: {
      items: [
        await request('w4', '2026-11-28T09:00:00Z'),
        await request('w3', '2026-11-28T10:00:05Z'),
        await request('w3', '2026-11-28T10:00:02Z'),
      ],
    },
  };
  const measure = (status: string) =>
    readyAfter.measure(fakeLab({ objects: { ...objects, '/api/v1/nodes/w3': node(status) } }), facts(undefined));
  expect(await measure('True')).toMatchObject({ seconds: 7, errorSeconds: 2 });
  await expect(measure('False')).rejects.toThrow('not Ready');
});
