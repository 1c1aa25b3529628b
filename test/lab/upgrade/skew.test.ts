import { describe, expect, it } from 'vitest';
import { judgeMove, notesOn, skewPolicy } from '../../../scripts/lab/upgrade/skew.ts';
import { minorsBehind, parseVersion, type Version } from '../../../scripts/lab/upgrade/version.ts';

const version = (text: string): Version => parseVersion(text)!;

describe('a version', () => {
  it.each([
    ['Kubernetes v1.37.2\n', { major: 1, minor: 37, text: 'v1.37.2' }],
    ['v1.36.0-rc.1+ab12', { major: 1, minor: 36, text: 'v1.36.0-rc.1+ab12' }],
    ['', undefined],
    ["sh: 0: Illegal option --'", undefined],
    ['1.37.2', undefined],
  ])('is read from %j', (said, expected) => {
    expect(parseVersion(said)).toEqual(expected);
  });

  it.each([
    ['v1.36.3', 'v1.37.2', 1],
    ['v1.37.9', 'v1.37.2', 0],
    ['v1.38.0', 'v1.37.2', -1],
    ['v1.37.2', 'v2.0.0', Infinity],
    ['v2.0.0', 'v1.37.2', -Infinity],
  ])('%s is behind %s by %d minors', (one, other, minors) => {
    expect(minorsBehind(version(one), version(other))).toBe(minors);
  });
});

describe('the version skew policy', () => {
  const judge = (apiServers: string[], kubelet: string, kubeProxy = kubelet) =>
    judgeMove({
      apiServers: apiServers.map(version),
      wanted: { kubelet: version(kubelet), kubeProxy: version(kubeProxy) },
    });

  it.each([
    [['v1.37.2'], 'v1.37.2'],
    [['v1.37.2'], 'v1.36.3'],
    [['v1.37.2'], 'v1.34.0'],
    // Patches do not count.
    [['v1.37.0'], 'v1.37.2'],
    [['v1.37.2', 'v1.36.3'], 'v1.36.3'],
    [['v1.37.2', 'v1.36.3'], 'v1.34.0'],
    [['v1.26.0'], 'v1.24.0'],
  ])('beside API servers %j allows %s', (apiServers, wanted) => {
    expect(judge(apiServers, wanted)).toEqual({ allowed: true });
  });

  it.each([
    [['v1.36.3'], 'v1.37.2', 'kubelet must not be newer than the API server.'],
    [['v1.37.2'], 'v2.0.0', 'kubelet must not be newer than the API server.'],
    [['v1.37.2'], 'v1.33.0', 'kubelet may be up to three minors older than the API server.'],
    [['v1.37.2', 'v1.36.3'], 'v1.37.2', 'kubelet must not be newer than the API server (of several: the oldest).'],
    [
      ['v1.36.3', 'v1.37.2'],
      'v1.33.0',
      'kubelet may be up to three minors older than the API server (of several: the newest).',
    ],
    // Before 1.25 one minor less was allowed.
    [['v1.27.0'], 'v1.24.0', 'kubelet may be up to two minors older than the API server.'],
  ])('beside API servers %j refuses %s', (apiServers, wanted, rule) => {
    expect(judge(apiServers, wanted)).toMatchObject({ allowed: false, rule, link: `${skewPolicy}#kubelet` });
  });

  it.each([
    [['v1.36.3'], 'v1.36.3', 'v1.37.2', 'kube-proxy must not be newer than the API server.'],
    [['v1.37.2'], 'v1.37.2', 'v1.33.0', 'kube-proxy may be up to three minors older than the API server.'],
    [['v1.27.0'], 'v1.27.0', 'v1.24.0', 'kube-proxy may be up to two minors older than the API server.'],
  ])('beside API servers %j refuses kubelet %s with kube-proxy %s', (apiServers, kubelet, kubeProxy, rule) => {
    expect(judge(apiServers, kubelet, kubeProxy)).toMatchObject({
      allowed: false,
      rule,
      link: `${skewPolicy}#kube-proxy`,
    });
  });

  it('says what was measured', () => {
    expect(judge(['v1.36.3'], 'v1.37.2')).toMatchObject({ saw: 'kubelet v1.37.2, API server v1.36.3' });
  });

  it('is not judged without an API server', () => {
    expect(() => judge([], 'v1.37.2')).toThrow('no API server was measured');
  });
});

describe('what upstream says of a move', () => {
  it.each([
    ['up in place', 'v1.36.3', 'v1.37.2', false, [/^The pods stayed/]],
    ['down in place', 'v1.37.2', 'v1.36.3', false, [/^The pods stayed/, /^The node went back/]],
    ['up, drained', 'v1.36.3', 'v1.37.2', true, []],
    ['down, drained', 'v1.37.2', 'v1.36.3', true, [/^The node went back/]],
    ['a patch', 'v1.37.1', 'v1.37.2', false, []],
  ])('%s', (_, from, to, drained, expected) => {
    const notes = notesOn({ from: version(from), to: version(to), drained });
    expect(notes).toEqual(expected.map((pattern) => expect.stringMatching(pattern) as string));
    for (const note of notes) expect(note).toContain(skewPolicy);
  });

  it('is nothing where nobody knows what ran before', () => {
    expect(notesOn({ from: undefined, to: version('v1.37.2'), drained: false })).toEqual([]);
  });
});
