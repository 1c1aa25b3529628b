import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { upgradedLines } from '../../../scripts/commands/lab-upgrade.ts';
import { upgradeNode, type UpgradeOptions } from '../../../scripts/lab/upgrade/upgrade.ts';
import { FakeNode } from './fake-node.ts';

let folder: string;
let node: FakeNode;
let shown: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-upgrade-'));
  node = new FakeNode();
  shown = [];
});
afterEach(() => rm(folder, { recursive: true }));

const upgrade = (over: Partial<UpgradeOptions> = {}, name = 'w1') =>
  upgradeNode(node.lab(folder), name, {
    to: 'older',
    drain: false,
    readyWithinSeconds: 0.1,
    backWithinSeconds: 0.1,
    reporter: {
      action: (title) => ({
        update: () => undefined,
        done: (detail) => shown.push(detail === undefined ? title : `${title}: ${detail}`),
        failed: (why) => shown.push(`${title} failed: ${why}`),
      }),
    },
    ...over,
  });
const rejection = (over: Partial<UpgradeOptions> = {}, name = 'w1'): Promise<unknown> =>
  upgrade(over, name).then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
const records = () => readdir(join(folder, 'upgrades')).catch(() => []);

describe('a node', () => {
  it('goes to the older minor and back, in place', async () => {
    expect(await upgrade()).toMatchObject({
      from: { kubelet: 'v1.37.2', kubeProxy: 'v1.37.2' },
      to: { kubelet: 'v1.36.3', kubeProxy: 'v1.36.3' },
      changed: true,
      drained: false,
    });
    expect(shown).toEqual([
      'Measure the versions on w1 and of the API server: kubelet v1.37.2, kube-proxy v1.37.2, API server v1.37.2',
      'Check the version skew policy: allowed',
      'Restart kubelet and kube-proxy as v1.36.3, Ready within 0.1 s',
    ]);
    const back = await upgrade({ to: 'newer' });
    expect(upgradedLines({ ...back, seconds: 0.9 })).toEqual([
      'w1 is Ready with kubelet v1.37.2 and kube-proxy v1.37.2 (before: v1.36.3). It took 0.9 s.',
      expect.stringMatching(/^Note: The pods stayed on the node/) as string,
    ]);
    expect(node.did).toEqual(['move to older', 'move to newer']);
    expect(await records()).toEqual([]);
  });

  it('that runs it already is left alone', async () => {
    expect(await upgrade({ to: 'newer', drain: true })).toMatchObject({ changed: false, drained: false, notes: [] });
    expect(node.did).toEqual([]);
  });

  it('is drained before, and takes pods again afterwards', async () => {
    expect(await upgrade({ drain: true })).toMatchObject({ changed: true, drained: true });
    expect(node.did).toEqual(['cordon', 'drain', 'move to older', 'uncordon']);
    expect(node).toMatchObject({ cordoned: false, marked: false });
  });

  it('that somebody else has cordoned stays cordoned, and that is said', async () => {
    node.cordoned = true;
    const { notes } = await upgrade({ drain: true });
    expect(node.did).toEqual(['drain', 'move to older']);
    expect(notes.at(-1)).toContain('kubectl uncordon w1');
  });

  it('must be one', async () => {
    expect(await rejection({}, 'e1')).toMatchObject({
      code: 'no-kubelet',
      exitCode: 2,
      remedy: 'Name one of c1, w1, w2.',
    });
  });
});

describe('what is refused', () => {
  it.each([
    ['an older API server', ['v1.36.3'], 'v1.36.3'],
    ['one older API server of two', ['v1.37.2', 'v1.36.3'], 'v1.36.3'],
    ['the one of two that answers', ['', 'v1.36.3'], 'v1.36.3'],
  ])('a kubelet that is newer than %s', async (_, apiVersions, oldest) => {
    node.apiVersions = apiVersions;
    node.runs = { kubelet: 'older', kubeProxy: 'older' };
    node.chosen = 'older';
    node.report();
    expect(await rejection({ to: 'newer', drain: true })).toMatchObject({
      code: 'skew-refused',
      exitCode: 1,
      message: expect.stringContaining(`Measured: kubelet v1.37.2, API server ${oldest}.`) as string,
      remedy: expect.stringContaining('https://kubernetes.io/releases/version-skew-policy/#kubelet') as string,
    });
    expect(node.did).toEqual([]);
  });

  it('everything, where no API server tells its version', async () => {
    node.apiVersions = [''];
    expect(await rejection()).toMatchObject({ code: 'cannot-measure', exitCode: 3, cause: expect.any(Error) as Error });
    expect(node.did).toEqual([]);
  });

  it('a drain that a budget holds up, and the node takes pods again', async () => {
    node.drains = { stdout: '', stderr: 'error: global timeout reached', exitCode: 1 };
    node.budgets = [
      { namespace: 'default', name: 'guestbook', disruptionsAllowed: 0 },
      { namespace: 'default', name: 'other', disruptionsAllowed: 1 },
    ];
    expect(await rejection({ drain: true })).toMatchObject({
      code: 'drain-held-up',
      exitCode: 1,
      message: expect.stringContaining('the disruption budget guestbook in default needs 2 healthy pods') as string,
    });
    expect(node.did).toEqual(['cordon', 'drain', 'uncordon']);
  });
});

describe('a kubelet that does not become Ready', () => {
  it('is taken back, and that is said', async () => {
    node.broken = ['older'];
    expect(await rejection({ drain: true })).toMatchObject({
      code: 'upgrade-rolled-back',
      exitCode: 1,
      message:
        'w1 did not become Ready within 0.1 s: NotReady (PLEG). It was taken back, and is Ready with kubelet v1.37.2.',
      remedy: expect.stringContaining('lab logs w1 kubelet') as string,
    });
    expect(node.did).toEqual(['cordon', 'drain', 'move to older', 'move to newer', 'uncordon']);
    expect(await records()).toEqual([]);
  });

  it('and cannot be taken back either, leaves both reasons', async () => {
    node.broken = ['older', 'newer'];
    expect(await rejection()).toMatchObject({
      code: 'rollback-failed',
      exitCode: 3,
      message: expect.stringMatching(
        /^w1 did not become Ready .* could not be taken back either: w1 did not/,
      ) as string,
    });
  });

  it('is not taken back to a version that is not allowed', async () => {
    node.broken = ['newer'];
    node.versions = { older: 'v1.33.0', newer: 'v1.37.2' };
    node.runs = { kubelet: 'older', kubeProxy: 'older' };
    node.chosen = 'older';
    node.report();
    expect(await rejection({ to: 'newer' })).toMatchObject({
      code: 'rollback-failed',
      message: expect.stringContaining('three minors older') as string,
    });
    expect(node.did).toEqual(['move to newer']);
  });

  it('is left where the API server is silent: nobody can tell', async () => {
    node.apiDownAfterMove = true;
    expect(await rejection()).toMatchObject({ code: 'cannot-tell', exitCode: 3 });
    expect(node.did).toEqual(['move to older']);
    expect(await records()).toEqual(['w1']);
  });

  it('and ran this version before, is not taken anywhere', async () => {
    node.ready = false;
    node.broken = ['newer'];
    expect(await rejection({ to: 'newer' })).toMatchObject({ code: 'not-ready-in-time', exitCode: 1 });
    expect(node.did).toEqual(['move to newer']);
  });
});

describe('a run that was killed is completed by the next', () => {
  it.each([
    ['before the drain', () => undefined],
    [
      'before the restart',
      () => {
        node.chosen = 'older';
      },
    ],
    [
      'between the two programs',
      () => {
        node.chosen = 'older';
        node.startKubelet('older');
      },
    ],
    [
      'before the node was Ready',
      () => {
        node.chosen = 'older';
        node.startKubelet('older');
        node.runs.kubeProxy = 'older';
      },
    ],
    [
      'before the node took pods again',
      () => {
        node.chosen = 'older';
        node.runs = { kubelet: 'older', kubeProxy: 'older' };
        node.report();
      },
    ],
  ])('%s', async (_, halfWay) => {
    node.cordoned = true;
    node.marked = true;
    halfWay();
    expect(await upgrade()).toMatchObject({ to: { kubelet: 'v1.36.3', kubeProxy: 'v1.36.3' } });
    expect(node.did.at(-1)).toBe('uncordon');
    expect(node).toMatchObject({ chosen: 'older', ready: true, cordoned: false, marked: false });
  });

  it('and may take back what the first one began', async () => {
    node.apiDownAfterMove = true;
    await rejection();
    // The API server is back. The kubelet of the first run still runs, and is not Ready.
    node.apiDownAfterMove = node.apiDown = false;
    node.broken = ['older'];
    node.report();
    expect(await rejection()).toMatchObject({ code: 'upgrade-rolled-back' });
    expect(node.chosen).toBe('newer');
  });

  it('where a signal ended it, it says so and leaves the rest to the next', async () => {
    const over = new AbortController();
    const stopped = new Error('stopped');
    node.broken = ['older'];
    const running = rejection({ signal: over.signal, readyWithinSeconds: 30 });
    setTimeout(() => {
      over.abort(stopped);
    }, 300);
    expect(await running).toBe(stopped);
    expect(node.did).toEqual(['move to older']);
    expect(await records()).toEqual(['w1']);
  });
});
