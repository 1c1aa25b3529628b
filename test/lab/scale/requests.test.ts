import { describe, expect, it } from 'vitest';
import { isPending, judge, nodeOf } from '../../../scripts/lab/scale/requests.ts';
import { clientRequest, servingRequest, type Asked } from './certificate-request.ts';

const w3 = { name: 'w3', address: '10.0.3.203', tokenId: 'abcdef' };
const dns = (value: string) => ({ type: 'dns' as const, value });
const ip = (value: string) => ({ type: 'ip' as const, value });
type Case = [what: string, asked: Omit<Asked, 'name'>, why: RegExp];

describe('of a machine that joins', () => {
  it('both requests of its kubelet are expected', async () => {
    expect(await judge(await clientRequest({ name: 'one' }), [w3])).toEqual({
      verdict: 'expected',
      machine: 'w3',
      kind: 'client',
    });
    expect(await judge(await servingRequest({ name: 'two' }), [w3])).toEqual({
      verdict: 'expected',
      machine: 'w3',
      kind: 'serving',
    });
  });

  it.each<Case>([
    ['with the token of another machine', { username: 'system:bootstrap:zzzzzz' }, /zzzzzz sent it, not .*abcdef/],
    ['from another node', { username: 'system:node:w1', groups: ['system:nodes'] }, /system:node:w1 sent it/],
    ['from an administrator', { username: 'admin', groups: ['system:masters'] }, /admin sent it/],
    ['from outside the group', { groups: ['system:authenticated'] }, /not in the group system:bootstrappers/],
    ['for one more group', { organizations: ['system:nodes', 'system:masters'] }, /it is for .*O=system:masters/],
    ['for another group', { organizations: ['system:masters'] }, /it is for .*O=system:masters/],
    ['to serve with', { usages: ['digital signature', 'client auth', 'server auth'] }, /used for server auth/],
    ['to sign others with', { usages: ['cert sign'] }, /used for cert sign/],
    ['to do nothing with', { usages: ['digital signature'] }, /not to be used for client auth/],
    ['with a name', { names: [dns('w3')] }, /it names dns w3/],
    ['from another signer', { signerName: 'kubernetes.io/kube-apiserver-client' }, /no kubelet asks the signer/],
  ])('a client request is not: %s', async (_, asked, why) => {
    const judged = await judge(await clientRequest({ name: 'one', ...asked }), [w3]);
    expect(judged).toEqual({ verdict: 'unexpected', machine: 'w3', why: expect.stringMatching(why) as string });
  });

  it.each<Case>([
    ['with its token', { username: 'system:bootstrap:abcdef' }, /not system:node:w3/],
    ['for the address of another', { names: [dns('w3'), ip('10.0.3.101')] }, /it names ip 10.0.3.101/],
    ['for a name of the API server', { names: [dns('kubernetes'), ip('10.0.3.203')] }, /it names dns kubernetes/],
    ['with a mail address', { names: [ip('10.0.3.203'), { type: 'email', value: 'a@b.c' }] }, /it names email/],
    ['for no address', { names: [] }, /it names no address/],
    ['to be a client with', { usages: ['digital signature', 'client auth'] }, /used for client auth/],
  ])('a serving request is not: %s', async (_, asked, why) => {
    const judged = await judge(await servingRequest({ name: 'two', ...asked }), [w3]);
    expect(judged).toEqual({ verdict: 'unexpected', machine: 'w3', why: expect.stringMatching(why) as string });
  });

  it('a request that its sender did not sign is not expected', async () => {
    const request = await clientRequest({ name: 'one' });
    const lines = Buffer.from(request.spec.request, 'base64').toString().trim().split('\n');
    const der = Buffer.from(lines.slice(1, -1).join(''), 'base64');
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    const pem = [lines[0], der.toString('base64'), lines.at(-1), ''].join('\n');
    request.spec.request = Buffer.from(pem).toString('base64');
    expect(await judge(request, [w3])).toMatchObject({
      verdict: 'unexpected',
      why: expect.stringMatching(/the key/) as string,
    });
  });
});

describe('all other requests', () => {
  it('are of no concern: another node, a user, and what is no request at all', async () => {
    expect(await judge(await clientRequest({ name: 'one', commonName: 'system:node:w4' }), [w3])).toEqual({
      verdict: 'foreign',
    });
    expect(await judge(await clientRequest({ name: 'one', commonName: 'jane' }), [w3])).toEqual({ verdict: 'foreign' });
    const broken = await clientRequest({ name: 'one' });
    broken.spec.request = Buffer.from('no request').toString('base64');
    expect(await judge(broken, [w3])).toEqual({ verdict: 'foreign' });
  });

  it('tell which node they are for, and whether somebody decided', async () => {
    const request = await servingRequest({ name: 'two', commonName: 'system:node:w7' });
    expect(nodeOf(request)).toBe('w7');
    expect(isPending(request)).toBe(true);
    expect(isPending({ ...request, status: { conditions: [{ type: 'Denied' }] } })).toBe(false);
  });
});
