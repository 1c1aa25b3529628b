import { describe, expect, test } from 'vitest';
import {
  certificateRequests,
  kubeletShowsCertificate,
  machineAsksToJoin,
  requestorFor,
} from '../../scripts/checks/joining.ts';
import { clientRequest, servingRequest } from '../lab/scale/certificate-request.ts';
import { fakeLab } from './fake-lab.ts';

const approved = { status: { conditions: [{ type: 'Approved' }] } };
const pending = await clientRequest({ name: 'csr-1' });
const ofW4 = await clientRequest({ name: 'csr-2', commonName: 'system:node:w4' });
const serving = await servingRequest({ name: 'csr-3' });
const sent = (secondsAgo: number) => ({
  ...pending,
  metadata: { ...pending.metadata, creationTimestamp: new Date(Date.now() - secondsAgo * 1000).toISOString() },
});
const requests = (...items: unknown[]) => ({ [certificateRequests]: { items } });

describe('a machine asks to join', () => {
  test.each([
    ['met', fakeLab({ objects: requests(ofW4, pending) }), /csr-1 waits/],
    ['unmet', fakeLab({ objects: requests(sent(1)) }), /csr-1 has only just been sent/],
    ['met', fakeLab({ objects: requests(sent(30)) }), /csr-1 waits/],
    ['unmet', fakeLab({ objects: requests() }), /no certificate request for w3/],
    ['unmet', fakeLab({ objects: requests(ofW4, serving) }), /no certificate request for w3/],
    ['unmet', fakeLab({ objects: requests({ ...pending, ...approved }) }), /was decided/],
    ['unmet', fakeLab({ objects: { ...requests(pending), '/api/v1/nodes/w3': {} } }), /a node already/],
    ['unknown', fakeLab({ down: true }), /does not answer/],
  ] as const)('%s (%#)', async (kind, lab, says) => {
    const verdict = await machineAsksToJoin('w3').look(lab);
    expect(verdict.kind).toBe(kind);
    expect(verdict.kind === 'unknown' ? verdict.why : verdict.saw).toMatch(says);
  });

  test('who asks is what the API server noted down, for each kind of request', async () => {
    const { kubernetes } = fakeLab({ objects: requests(ofW4, pending, serving) });
    expect(await requestorFor(kubernetes, 'w3', 'client')).toBe('system:bootstrap:abcdef');
    expect(await requestorFor(kubernetes, 'w3', 'serving')).toBe('system:node:w3');
    expect(await requestorFor(kubernetes, 'w5', 'client')).toBeUndefined();
  });
});

test.each([
  ['met', fakeLab({ objects: { '/api/v1/nodes/w3/proxy/configz': {} } })],
  ['unmet', fakeLab({})],
  ['unmet', fakeLab({ refuses: 502 })],
  ['unknown', fakeLab({ refuses: 403 })],
  ['unknown', fakeLab({ down: true })],
] as const)('%s: the kubelet shows a certificate (%#)', async (kind, lab) => {
  expect((await kubeletShowsCertificate('w3').look(lab)).kind).toBe(kind);
});
