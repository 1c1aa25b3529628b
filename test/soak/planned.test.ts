import { describe, expect, it } from 'vitest';
import { playInARow } from '../../scripts/soak/in-a-row.ts';
import { operations } from '../../scripts/soak/planned-operations.ts';
import { playRound, whyBad } from '../../scripts/soak/planned.ts';
import type { Round } from '../../scripts/soak/record.ts';
import { sentShareOf, type StageRun } from '../../scripts/soak/stage-run.ts';
import type { Second } from '../../scripts/stage/load/second.ts';

const run = (more: Partial<StageRun> = {}, failed = 0): StageRun => ({
  summary: {
    ...{ rate: 8000, seconds: 60, requests: 480_000, answered: 480_000 - failed, failed, late: 0, unheard: 0 },
    ...{ unhealthySeconds: 0, unknownSeconds: 0, p50Ms: 1, p99Ms: 2, worstP99Ms: 3, pods: {} },
    causes: failed === 0 ? [] : [{ says: 'Pod a on w2 was told to end', failed }],
  },
  sentShare: 1,
  warnings: [],
  ...more,
});

describe('an operation', () => {
  it.each<[string, StageRun, string[]]>([
    ['lost nothing', run(), []],
    ['was just enough', run({ sentShare: 0.97 }), []],
    ['lost one', run({}, 1), ["1 of 480,000 requests failed: 1 by 'Pod a on w2 was told to end'"]],
    ['had too few requests', run({ sentShare: 0.9 }), ['only 90 % of the requests were sent in time']],
    ['had none', run({ sentShare: 0 }), ['only 0 % of the requests were sent in time']],
    ['was warned of', run({ warnings: ['slow', 'slow'] }), ['the generator warned in 2 s: slow']],
  ])('%s', (_, seen, why) => {
    expect(whyBad(seen)).toEqual(why);
  });

  it('is judged by whole seconds, and what left late was not sent in time', () => {
    const second = (due: number, late = 0): Second => ({
      ...{ at: 0, due, answered: due, inTime: due, late, failures: [], p50Ms: 1, p99Ms: 2, pods: {}, final: true },
    });
    expect(sentShareOf([second(10), second(100), second(100, 20), second(30)], 100)).toBe(0.9);
    expect(sentShareOf([second(100), second(100)], 100)).toBe(0);
  });
});

describe('a round', () => {
  const list = operations.slice(0, 3);

  it('holds every planned operation, for both workers', () => {
    const names = operations.map(({ name }) => name).join('; ');
    for (const part of ['roll-out', 'scale up', 'scale down', 'uncordon w1', 'uncordon w2'])
      expect(names).toContain(part);
    for (const worker of ['w1', 'w2'])
      for (const minor of ['older', 'newer']) expect(names).toContain(`upgrade ${worker} to the ${minor} minor`);
  });

  it('is good where nothing was lost in any operation', async () => {
    const played = await playRound(7, list, () => Promise.resolve(run()));
    expect(played).toMatchObject({ round: 7, ok: true, what: '3 operations under 1,440,000 requests' });
    expect(played).not.toHaveProperty('why');
  });

  it('goes on after lost requests, so that all of them are known, and not after an operation that failed', async () => {
    const seen: string[] = [];
    const lossy = await playRound(1, list, ({ name }) => {
      seen.push(name);
      return Promise.resolve(run({}, name === 'roll-out' ? 3 : 0));
    });
    expect(seen).toHaveLength(3);
    expect(lossy).toMatchObject({ ok: false, why: expect.stringMatching(/^roll-out: 3 of /) as string });
    seen.length = 0;
    const broken = await playRound(1, list, ({ name }) => {
      seen.push(name);
      return Promise.reject(new Error('the drain was held up'));
    });
    expect(seen).toEqual(['roll-out']);
    expect(broken).toMatchObject({ ok: false, why: 'roll-out did not work: the drain was held up' });
  });
});

describe('rounds in a row', () => {
  const round = (number: number, ok = true): Round => ({ round: number, ok, what: '', seconds: 1 });
  const recordOf = (...kept: Round[]) => ({
    kept,
    rounds: () => Promise.resolve([...kept]),
    add: (one: Round) => Promise.resolve(void kept.push(one)),
  });
  const played = async (record: ReturnType<typeof recordOf>, bad: readonly number[] = []): Promise<number[]> => {
    const numbers: number[] = [];
    await playInARow(record, 3, (number) => {
      numbers.push(number);
      return Promise.resolve(round(number, !bad.includes(number)));
    });
    return numbers;
  };

  it('go on after those that have run, and end where there are enough', async () => {
    expect(await played(recordOf())).toEqual([1, 2, 3]);
    expect(await played(recordOf(round(1), round(2)))).toEqual([3]);
    expect(await played(recordOf(round(1), round(2), round(3)))).toEqual([]);
  });

  it('begin to count anew after a bad one, which ends the run', async () => {
    const record = recordOf(round(1));
    expect(await played(record, [2])).toEqual([2]);
    expect(record.kept.map(({ ok }) => ok)).toEqual([true, false]);
    expect(await played(record)).toEqual([3, 4, 5]);
  });
});
