import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { join } from 'node:path';
import { checkLesson, exitCodeOf, type Proof } from '../../scripts/course/author-check.ts';
import { differences, fingerprintOf } from '../../scripts/course/fingerprint.ts';
import { loadLesson } from '../../scripts/course/load.ts';
import { task, type Lesson, type LoadedLesson, type Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { FiredrillError } from '../../scripts/system/errors.ts';
import { broken as brokenBefore, FakeFaults, FakeUi, fixed, routeDrill, runOf, verdicts, World } from './fakes.ts';

const lamp = join(import.meta.dirname, '../fixtures/lessons/01-light-a-lamp');

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => vi.useRealTimers());

/** A cluster whose only object is a config map, for as long as `left` holds. */
function labOf(world: World): Lab {
  const get = (path: string): Promise<unknown> => {
    const items = path.endsWith('configmaps') && world.holds.has('left') ? [{ metadata: { name: 'left' } }] : [];
    return Promise.resolve({ items });
  };
  return { ...world.lab, layout: { machines: [] }, kubernetes: { get } } as unknown as Lab;
}

async function prove(
  world: World,
  change: (lesson: LoadedLesson) => Partial<Lesson>,
  faults = new FakeFaults(world),
): Promise<readonly Proof[]> {
  const lamps = await loadLesson(lamp);
  const [first, light, last] = lamps.pages;
  const pages = [first!, { ...light!, commands: [{ ...light!.commands[1]!, text: 'set lamp' }] }, last!];
  const definition = { ...lamps.definition, cleanUp: () => Promise.resolve(void world.holds.delete('lamp')) };
  const lesson = { ...lamps, pages: pages.map((one) => ({ ...one, commands: one === pages[1] ? one.commands : [] })) };
  const ui = new FakeUi();
  ui.interactive = false;
  const steps = { ...definition.steps, 'Light it': task({ reach: [world.check('lamp')] }) };
  const changed = { ...lesson, definition: { ...definition, steps, ...change(lesson) } };
  const proofs = checkLesson({ ...runOf(changed, world, ui, { faults }), lab: labOf(world) }, () => undefined);
  // The linter reads real files, which no fake timer waits for.
  const state = { over: false };
  void proofs.finally(() => (state.over = true));
  while (!state.over) {
    await vi.advanceTimersByTimeAsync(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return proofs;
}

const broken = (proofs: readonly Proof[]): string[] =>
  proofs
    .filter(({ outcome }) => outcome !== 'proved')
    .map(({ claim, outcome, why }) => `${outcome}: ${claim}: ${why ?? ''}`);

/** A bet on red, blue or something else. It always comes out red. */
const shade = (...others: string[]): Prediction => ({
  kind: 'choice',
  id: 'shade',
  question: 'What colour?',
  choices: [
    { value: 'red', says: 'it is red' },
    { value: 'blue', says: 'it is blue' },
  ],
  expected: ['blue', ...others],
  measure: () => Promise.resolve({ value: 'red', saw: 'red light' }),
});

/** The same, and the computer may be the cause. */
const shadeInDoubt = (...others: string[]): Prediction =>
  ({
    ...shade(...others),
    measure: () => Promise.resolve({ value: 'red', saw: 'red light', doubt: 'all was late' }),
  }) as Prediction;

/** A bet on a time that is always 7 s, give or take half a second. */
const glow = (from: number, to: number): Prediction => ({
  kind: 'seconds',
  id: 'glow',
  question: 'How long?',
  expected: { from, to },
  measure: () => Promise.resolve({ seconds: 7, errorSeconds: 0.5, saw: 'it glowed' }),
});

describe('author-check', () => {
  it('proves a lesson that works', async () => {
    const proofs = await prove(new World(), () => ({}));
    expect(broken(proofs)).toEqual([]);
    expect(proofs.map(({ claim }) => claim)).toEqual([
      'its files are as a lesson should be',
      'the lab can be looked at',
      'its baseline holds after preparing',
      'step 1, What a lamp is: its commands work',
      'step 2, Light it: not reached before anything is done',
      'step 2, Light it: its commands reach it',
      'step 3, See it refuse: its commands work',
      'it leaves nothing behind',
    ]);
  });

  it('proves bets that come out as the page says, times within their error', async () => {
    const predictions = [shade('red'), glow(1, 6.5), glow(7.5, 9)];
    const proofs = await prove(new World(), () => ({
      steps: { 'Light it': task({ reach: [fixed(verdicts.met)], startsUnmet: false, predictions }) },
    }));
    expect(broken(proofs)).toEqual([]);
  });

  const lightWith = (world: World, ...predictions: Prediction[]) => ({
    steps: { 'Light it': task({ reach: [world.check('lamp')], predictions }) },
  });

  it('cannot tell of a bet that the computer may have spoilt, and goes on', async () => {
    const world = new World();
    const proofs = await prove(world, () => lightWith(world, shadeInDoubt(), shade('red')));
    expect(proofs.filter(({ outcome }) => outcome !== 'proved')).toEqual([
      expect.objectContaining({
        claim: 'step 2, Light it: its commands reach it',
        outcome: 'unknown',
        why: 'What colour? Measured: it is red (red light). The page says: it is blue. Not to be trusted: all was late.',
        doubt: 'all was late',
      }),
    ]);
    expect(proofs.map(({ claim }) => claim)).toContain('step 3, See it refuse: its commands work');
    expect(exitCodeOf(proofs)).toBe(3);
  });

  it.each<[string, Prediction[]]>([
    ['another bet came out otherwise', [shadeInDoubt(), shade()]],
    [
      'another bet could not be measured',
      [
        shadeInDoubt(),
        { kind: 'seconds', id: 's', question: 'How long?', measure: () => Promise.reject(new Error('lost')) },
      ],
    ],
  ])('is sure nevertheless where %s', async (_, predictions) => {
    const world = new World();
    const open = (await prove(world, () => lightWith(world, ...predictions))).filter(
      ({ outcome }) => outcome !== 'proved',
    );
    expect(open).toMatchObject([{ outcome: 'disproved' }]);
    expect(open[0]).not.toHaveProperty('doubt');
  });

  it('proves a bet that comes out as the page says, however late all was', async () => {
    const world = new World();
    expect(broken(await prove(world, () => lightWith(world, shadeInDoubt('red'))))).toEqual([]);
  });

  it('puts back first what an earlier run left broken, and says where it cannot', async () => {
    const world = new World();
    const faults = new FakeFaults(world);
    const error = new FiredrillError('w2 does not answer.', { code: 'machine-unreachable', remedy: '' });
    faults.dirty = [{ injected: brokenBefore('w2 has no power'), outcome: 'failed', error }];
    const proofs = await prove(world, () => ({}), faults);
    expect(broken(proofs)[0]).toBe('unknown: the lab can be looked at: w2 does not answer.');
  });

  it.each<[string, (world: World) => Partial<Lesson>, RegExp]>([
    [
      'a task that is solved before it begins',
      (world) => ({ prepare: () => Promise.resolve(void world.holds.add('lamp')) }),
      /^disproved: step 2, Light it: not reached before.*lamp holds/,
    ],
    [
      'a check that cannot tell',
      () => {
        const look = () => Promise.reject(new Error('no answer'));
        const light = task({ reach: [{ claim: 'x', look }] });
        return { steps: { 'Light it': light } };
      },
      /^unknown: step 2.*could not tell: no answer/,
    ],
    [
      'a lesson that leaves something behind',
      (world) => ({
        steps: {
          'Light it': task({
            reach: [world.check('lamp')],
            observe: () => Promise.resolve(void world.holds.add('left')),
          }),
        },
      }),
      /^disproved: it leaves nothing behind: new: config map left/,
    ],
    [
      'a bet that cannot be measured',
      (world) => ({
        steps: {
          'Light it': task({
            reach: [world.check('lamp')],
            predictions: [
              { kind: 'seconds', id: 's', question: 'How long?', measure: () => Promise.reject(new Error('lost')) },
            ],
          }),
        },
      }),
      /0 of 1 bets were measured.*How long\? \(lost\)/,
    ],
    [
      'a bet that comes out otherwise than the page says',
      (world) => ({ steps: { 'Light it': task({ reach: [world.check('lamp')], predictions: [shade('dark')] }) } }),
      /^disproved: step 2.*reach it: What colour\? Measured: it is red \(red light\)\. The page says: it is blue, or: dark\./,
    ],
    [
      'a time that the page excludes',
      (world) => ({ steps: { 'Light it': task({ reach: [world.check('lamp')], predictions: [glow(1, 5)] }) } }),
      /How long\? Measured: 7\.0 s \(± 0\.5 s\) \(it glowed\)\. The page says: 1 to 5 s\./,
    ],
    [
      'a drill that does not start green',
      (world) => ({ steps: { 'Light it': routeDrill(world) } }),
      /^disproved: step 2, Light it: green, red, and green again: The lab is not as this drill needs it/,
    ],
  ])('finds %s', async (_, change, message) => {
    const world = new World();
    expect(broken(await prove(world, () => change(world)))).toContainEqual(expect.stringMatching(message));
  });
});

it.each<[Proof['outcome'][], number]>([
  [['proved', 'proved'], 0],
  [['proved', 'unknown'], 3],
  [['unknown', 'disproved', 'proved'], 1],
])('%j end with exit code %i', (outcomes, code) => {
  expect(exitCodeOf(outcomes.map((outcome) => ({ outcome })))).toBe(code);
});

it.each([
  ['nothing changed', ['a', 'b'], ['a', 'b'], ['b', 'a'], []],
  ['something is left, something is gone', ['a', 'b'], ['a', 'b'], ['b', 'c'], ['new: c', 'gone: a']],
  ['what was prepared may stay', ['a'], ['a', 'app'], ['a', 'app'], []],
  ['or be removed', ['a'], ['a', 'app'], ['a'], []],
  ['but not be changed', ['a'], ['a', 'app x4'], ['a', 'app x5'], ['new: app x5']],
])('fingerprints: %s', (_, before, prepared, after, expected) => {
  expect(differences(before, prepared, after)).toEqual(expected);
});

it('fingerprints: a pod that was replaced is the same pod, a taint that was set later the same taint', async () => {
  const labWith = (pod: string, added: string): Lab => {
    const owned = { name: pod, namespace: 'default', ownerReferences: [{ kind: 'ReplicaSet', name: 'web-5d9f7c' }] };
    const get = (path: string): Promise<unknown> => {
      if (path === '/api/v1/pods') return Promise.resolve({ items: [{ metadata: owned }] });
      const taints = [{ key: 'k', effect: 'NoSchedule', timeAdded: added }];
      const items =
        path === '/api/v1/nodes' ? [{ metadata: { name: 'w1', labels: { a: 'b' } }, spec: { taints } }] : [];
      return Promise.resolve({ items });
    };
    return { layout: { machines: [] }, kubernetes: { get } } as unknown as Lab;
  };
  const before = await fingerprintOf(labWith('web-5d9f7c-aaaaa', '1'));
  expect(before).toEqual(['node w1: a=b k:NoSchedule', 'pod of default/web']);
  expect(await fingerprintOf(labWith('web-5d9f7c-bbbbb', '2'))).toEqual(before);
});
