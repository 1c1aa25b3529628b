import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { allMet, lookAtAll, summaryOf } from '../../scripts/course/look.ts';
import { watch } from '../../scripts/course/watch.ts';
import type { CourseEvent } from '../../scripts/course/ui.ts';
import { FiredrillError } from '../../scripts/system/errors.ts';
import { fixed, verdicts, World } from './fakes.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a round of looks', () => {
  it.each([
    [['met', 'met'], 'met'],
    [['met', 'unmet'], 'unmet'],
    [['met', 'unknown'], 'unknown'],
    [['unknown', 'unmet'], 'unmet'],
    [['unknown', 'unknown'], 'unknown'],
  ] as const)('of %s is %s', async (kinds, expected) => {
    const sightings = await lookAtAll(
      kinds.map((kind) => fixed(verdicts[kind])),
      new World().lab,
    );
    expect(summaryOf(sightings)).toBe(expected);
    expect(allMet(sightings)).toBe(expected === 'met');
  });

  it('gives up a look after 10 s: unknown, never met', async () => {
    const stuck = { claim: 'stuck', look: () => new Promise<never>(() => undefined) };
    const looking = lookAtAll([stuck, fixed(verdicts.met)], new World().lab);
    await vi.advanceTimersByTimeAsync(9_999);
    await vi.advanceTimersByTimeAsync(1);
    expect((await looking).map(({ verdict }) => verdict.kind)).toEqual(['unknown', 'met']);
  });

  it('takes an error for unknown, and a missing lab for unmet', async () => {
    const failing = (error: Error) => ({ claim: 'x', look: () => Promise.reject(error) });
    const missing = new FiredrillError('no lab', { code: 'lab-missing', remedy: '' });
    const sightings = await lookAtAll([failing(new Error('ECONNREFUSED')), failing(missing)], new World().lab);
    expect(sightings[0]?.verdict).toEqual({ kind: 'unknown', why: 'ECONNREFUSED' });
    expect(sightings[1]?.verdict.kind).toBe('unmet');
  });
});

describe('a watch', () => {
  it('says what it awaits only when that changes', async () => {
    const world = new World();
    const events: CourseEvent[] = [];
    const watching = watch([world.check('a'), world.check('b')], world.lab, {
      signal: new AbortController().signal,
      emit: (event) => events.push(event),
    });
    await vi.advanceTimersByTimeAsync(2_000);
    world.holds.add('a');
    await vi.advanceTimersByTimeAsync(2_000);
    world.holds.add('b');
    await vi.advanceTimersByTimeAsync(500);
    expect((await watching).kind).toBe('met');
    expect(events.map((event) => (event.type === 'awaiting' ? event.claim : event.type))).toEqual(['a', 'b']);
  });

  it('wants all in one round: one after the other is not enough', async () => {
    const world = new World();
    world.holds.add('a');
    const watching = watch([world.check('a'), world.check('b')], world.lab, {
      signal: new AbortController().signal,
      emit: () => undefined,
      deadlineSeconds: 5,
    });
    await vi.advanceTimersByTimeAsync(1_000);
    world.holds.delete('a');
    world.holds.add('b');
    await vi.advanceTimersByTimeAsync(6_000);
    expect((await watching).kind).toBe('late');
  });

  it('counts a hold from the start again when it breaks, and says that it collapsed', async () => {
    const world = new World();
    world.holds.add('a');
    const events: CourseEvent[] = [];
    const startedAt = Date.now();
    const watching = watch([world.check('a')], world.lab, {
      signal: new AbortController().signal,
      emit: (event) => events.push(event),
      holdSeconds: 3,
    });
    await vi.advanceTimersByTimeAsync(2_000);
    world.holds.delete('a');
    await vi.advanceTimersByTimeAsync(1_000);
    world.holds.add('a');
    await vi.advanceTimersByTimeAsync(10_000);
    const watched = await watching;
    expect(events.filter(({ type }) => type === 'collapsed')).toHaveLength(1);
    expect(watched.kind === 'met' && watched.metAt - startedAt).toBeGreaterThanOrEqual(3_000);
  });

  it('ends at once when it is aborted', async () => {
    const controller = new AbortController();
    const world = new World();
    const watching = watch([world.check('a')], world.lab, { signal: controller.signal, emit: () => undefined });
    await vi.advanceTimersByTimeAsync(100);
    controller.abort(new Error('left'));
    await expect(watching).rejects.toThrow('left');
    expect(vi.getTimerCount()).toBe(0);
  });
});
