import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { electionBets, loseLeader } from '../../lessons/15-operations-paradise/election.ts';
import { grade } from '../../lessons/15-operations-paradise/grade.ts';
import { reportIsWritten, writtenAnswers } from '../../lessons/15-operations-paradise/incident.ts';
import { mistakesIn } from '../../lessons/15-operations-paradise/mistakes.ts';
import { addPart, forgetShift, partOf, readShift, type Part } from '../../lessons/15-operations-paradise/shift.ts';
import { someEtcdLeader } from '../../scripts/checks/etcd.ts';
import type { DrillFacts, Prediction } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import type { EventKind, News, StageEvent } from '../../scripts/stage/event.ts';
import { Ledger } from '../../scripts/stage/ledger.ts';
import type { Second } from '../../scripts/stage/load/second.ts';
import { fakeLab } from '../checks/fake-lab.ts';

const facts = (observed: unknown): DrillFacts => ({ startedAt: 10_000, metAt: 60_000, observed });
const bet = (bets: readonly Prediction[], id: string): Prediction => bets.find((one) => one.id === id)!;

/** The second in which something was seen, and `kind machine`. */
type Happening = readonly [second: number, event: string];

const events = (...list: Happening[]): StageEvent[] =>
  list.map(([second, event], index) => {
    const [kind = '', machine] = event.split(' ');
    return {
      id: index + 1,
      kind: kind as EventKind,
      at: second * 1000,
      says: event,
      ...(machine === undefined ? {} : { machine }),
    };
  });
/** Without the time of day, which depends on where the test runs. */
const mistakes = (...list: Happening[]): string[] => mistakesIn(events(...list)).map((says) => says.slice(9));

describe('mistakes', () => {
  test('a worker that is emptied, changed and let back is none, also where one look saw it all', () => {
    expect(mistakes([1, 'cordoned w2'], [9, 'node-version w2'], [10, 'uncordoned w2'])).toEqual([]);
    expect(mistakes([1, 'cordoned w2'], [9, 'uncordoned w2'], [9, 'node-version w2'])).toEqual([]);
    expect(mistakes([1, 'node-version c1'])).toEqual([]);
    expect(mistakes([1, 'cordoned w3'], [9, 'node-left w3'], [9, 'no-leader'])).toEqual([]);
  });

  test('a worker that is changed or removed in place is one', () => {
    expect(mistakes([1, 'node-version w2'])).toEqual(['w2 was given another version without being emptied before']);
    const tooEarly = mistakes([1, 'cordoned w2'], [5, 'uncordoned w2'], [9, 'node-version w2']);
    expect(tooEarly).toEqual(['w2 was given another version without being emptied before']);
    expect(mistakes([1, 'node-left w3'])).toEqual(['w3 was removed without being emptied before']);
  });

  test('a cordon alone empties nothing: pods that stayed make it one', () => {
    const moves = (...more: Partial<StageEvent>[]): StageEvent[] =>
      events([1, 'cordoned w2'], [9, 'node-version w2'], [10, 'node-left w2']).map((event, index) => ({
        ...event,
        ...more[index],
      }));
    expect(mistakesIn(moves())).toEqual([]);
    const found = mistakesIn(moves({}, { podsLeft: ['a', 'b'] }, { podsLeft: ['a'] }));
    expect(found.map((says) => says.slice(9))).toEqual([
      'w2 was given another version without being emptied before: a and b ran there',
      'w2 was removed without being emptied before: a ran there',
    ]);
  });

  test('two workers out of work are one, if somebody meant one of them to be', () => {
    const both = 'w1 and w2 were out of work at the same time';
    expect(mistakes([1, 'cordoned w2'], [2, 'cordoned w1'])).toEqual([both]);
    expect(mistakes([1, 'node-not-ready w2'], [2, 'cordoned w1'])).toEqual([both]);
    expect(mistakes([1, 'cordoned w1'], [2, 'node-not-ready w2'])).toEqual([both]);
    expect(mistakes([1, 'node-not-ready w2'], [2, 'cordoned w2'])).toEqual([]);
    expect(mistakes([1, 'node-not-ready w1'], [2, 'node-not-ready w2'])).toEqual([]);
    expect(mistakes([1, 'cordoned w2'], [5, 'uncordoned w2'], [6, 'cordoned w1'])).toEqual([]);
    expect(mistakes([1, 'cordoned c1'], [2, 'cordoned w1'])).toEqual([]);
    expect(mistakes([1, 'node-not-ready w2'], [5, 'node-ready w2'], [6, 'cordoned w1'])).toEqual([]);
    // The same two for one reason are one mistake; once ended and begun anew, they are two.
    const shaky: Happening[] = [
      [1, 'cordoned w1'],
      [2, 'node-not-ready w2'],
      [3, 'node-ready w2'],
      [4, 'node-not-ready w2'],
    ];
    expect(mistakes(...shaky)).toEqual([both]);
    const again: Happening[] = [
      [1, 'cordoned w1'],
      [2, 'cordoned w2'],
      [3, 'uncordoned w2'],
      [4, 'cordoned w2'],
    ];
    expect(mistakes(...again)).toEqual([both, both]);
  });

  test('one look that sees one worker let back and the next one cordoned sees no two out of work', () => {
    expect(mistakes([1, 'cordoned w2'], [9, 'cordoned w1'], [9, 'uncordoned w2'])).toEqual([]);
  });

  test('members of etcd that were late for a moment are none', () => {
    const late: Happening[] = [
      [1, 'member-silent e1'],
      [1, 'member-silent e2'],
      [5, 'member-back e1'],
      [5, 'member-back e2'],
    ];
    expect(mistakes(...late)).toEqual([]);
  });

  test('two silent members of etcd are one', () => {
    expect(mistakes([1, 'member-silent e1'], [5, 'member-back e1'], [6, 'member-silent e2'])).toEqual([]);
    expect(mistakes([1, 'member-silent e2'], [5, 'member-silent e1'])).toEqual([
      'etcd on e1 and e2 was silent at the same time: nothing could be written',
    ]);
  });

  test('each is told with its time of day', () => {
    expect(mistakesIn(events([1, 'node-left w3']))[0]).toMatch(/^\d\d:\d\d:\d\d w3 was removed/);
  });
});

const second = (at: number, inTime: number, more: Partial<Second> = {}): Second => ({
  ...{ at, due: 300, answered: inTime, inTime, failures: [], late: 0, p50Ms: 1, p99Ms: 2, pods: {}, final: true },
  ...more,
});

test('failed requests are told apart by what caused them, and a second that was cut off is not judged', () => {
  const [rollOut, fault] = events([1, 'pod-ending w1'], [2, 'fault-on w2']);
  const part = partOf('A step', {
    seconds: [second(0, 300), second(1000, 200), second(2000, 300, { late: 30 }), second(3000, 1, { final: false })],
    causes: [
      { event: rollOut, failed: 3 },
      { event: fault, failed: 90 },
      { event: undefined, failed: 7 },
    ],
    events: events([1, 'node-left w3']),
  });
  expect(part).toMatchObject({
    step: 'A step',
    requests: 1200,
    failed: { planned: 3, unplanned: 90, unexplained: 7 },
    failedWhileLate: 0,
    unhealthySeconds: 1,
    unknownSeconds: 1,
  });
  const busy = second(1000, 200, { failures: [{ door: 'w1', how: 'refused', count: 5, lastAt: 1900 }], leftLate: 30 });
  expect(partOf('A step', { seconds: [busy], causes: [], events: [] })).toMatchObject({ failedWhileLate: 5 });
  expect(part.mistakes).toHaveLength(1);
});

test("a machine without power is nobody's work only where a fault of the lesson took it", () => {
  const ledger = new Ledger();
  const failures = (at: number) => [{ door: 'w1', how: 'refused', count: 5, lastAt: at + 900 }];
  const lossOf = (...news: readonly News[]): Part['failed'] => {
    ledger.takeNews(news, 2000);
    return partOf('A step', { seconds: ledger.seconds, causes: ledger.causes(), events: ledger.events }).failed;
  };
  ledger.takeSeconds([second(2000, 295, { failures: failures(2000) })]);
  expect(lossOf({ kind: 'machine-off', machine: 'w1', says: 'w1 is off' })).toMatchObject({ planned: 5, unplanned: 0 });
  const fault: News = { kind: 'fault-on', machine: 'w2', says: 'Fault on: w2 has no power' };
  ledger.takeSeconds([second(90_000, 295, { failures: failures(90_000) })]);
  ledger.takeNews([{ kind: 'machine-on', machine: 'w1', says: 'w1 is on' }], 10_000);
  ledger.takeNews([fault], 80_000);
  ledger.takeNews([{ kind: 'machine-off', machine: 'w2', says: 'w2 is off' }], 81_000);
  expect(lossOf()).toMatchObject({ planned: 5, unplanned: 5 });
});

describe('the grade of a shift', () => {
  let lab: Lab;
  beforeEach(async () => {
    lab = { folder: await mkdtemp(join(tmpdir(), 'shift-')) } as Lab;
  });
  afterEach(async () => {
    await rm(lab.folder, { recursive: true });
  });

  const part = (more: Partial<Part> = {}): Part => ({
    step: 'grow',
    requests: 6000,
    failed: { planned: 0, unplanned: 0, unexplained: 0 },
    failedWhileLate: 0,
    unhealthySeconds: 0,
    unknownSeconds: 0,
    mistakes: [],
    ...more,
  });
  const measured = (id: string) => bet(grade, id).measure(lab, facts(undefined));

  test('nothing can be graded where no request was sent', async () => {
    for (const { id } of grade) await expect(measured(id), id).rejects.toThrow('no request');
    await addPart(lab, part({ requests: 0 }));
    await expect(measured('lost-by-work')).rejects.toThrow('no request');
  });

  test('a shift without a fault is a good one', async () => {
    await addPart(lab, part());
    expect(await measured('lost-by-work')).toEqual({
      value: 'none',
      saw: '0 of 6,000 requests, and 0 because of what broke',
    });
    expect(await measured('not-healthy')).toMatchObject({ seconds: 0, errorSeconds: 1 });
    expect(await measured('mistakes')).toMatchObject({ value: 'never' });
  });

  test('parts add up, a step that was done twice included; what nothing explains is yours', async () => {
    await addPart(lab, part({ failed: { planned: 2, unplanned: 900, unexplained: 1 }, mistakes: ['one'] }));
    await addPart(lab, part({ unhealthySeconds: 18, unknownSeconds: 2, step: 'A machine is lost' }));
    await addPart(lab, part({ unhealthySeconds: 1, mistakes: ['two'] }));
    expect(await measured('lost-by-work')).toEqual({
      value: 'few',
      saw: '3 of 18,000 requests (1 of them not explained), and 900 because of what broke',
    });
    expect(await measured('not-healthy')).toEqual({
      seconds: 19,
      errorSeconds: 3,
      saw: "18 of them in 'A machine is lost'",
    });
    expect(await measured('mistakes')).toEqual({ value: 'more', saw: 'one; two' });
  });

  test('a computer that was too busy leaves a doubt, but hides no failure that came while it was in time', async () => {
    await addPart(lab, part({ failed: { planned: 2, unplanned: 0, unexplained: 1 }, failedWhileLate: 3 }));
    expect(await measured('lost-by-work')).toMatchObject({
      value: 'few',
      doubt: expect.stringContaining('late') as string,
    });
    await addPart(lab, part({ failed: { planned: 1, unplanned: 90, unexplained: 0 }, failedWhileLate: 90 }));
    expect(await measured('lost-by-work')).not.toHaveProperty('doubt');
  });

  test('is kept beside the lab, begins anew when it is forgotten, and survives a damaged file', async () => {
    await addPart(lab, part());
    expect(await readShift({ folder: lab.folder })).toEqual([part()]);
    await forgetShift(lab);
    await forgetShift(lab);
    expect(await readShift(lab)).toEqual([]);
    await writeFile(join(lab.folder, 'shift.json'), '[{"step":');
    expect(await readShift(lab)).toEqual([]);
    await addPart(lab, part());
    expect(JSON.parse(await readFile(join(lab.folder, 'shift.json'), 'utf8'))).toHaveLength(1);
  });
});

describe('the leader of etcd is lost', () => {
  const members = (leader: string | undefined) =>
    ['e1', 'e2', 'e3'].map((name) => ({ name, answers: true, memberId: name, ...(leader && { leaderId: leader }) }));
  const layout = createLayout({ name: 'drill' });
  const labLedBy = (leader: string | undefined) =>
    ({
      ...fakeLab({ members: members(leader) }),
      layout,
      machine: (name: string) => layout.machines.find((one) => one.name === name)!,
    }) as Lab;

  test('it is the member that leads at that moment, and the title does not tell', async () => {
    const fault = await loseLeader(labLedBy('e3'));
    expect(fault.machine).toBe('e3');
    expect(fault.title).not.toContain('e3');
    await expect(someEtcdLeader(labLedBy(undefined), 0.1)).rejects.toMatchObject({ code: 'waited-in-vain' });
  });

  test('a new leader is another than the one before', async () => {
    const seen = (seconds: number, saw: string | undefined) => ({
      from: seconds * 1000 - 100,
      to: seconds * 1000,
      saw,
    });
    const leaders = [seen(9, 'e3'), seen(9.9, 'e3'), seen(10.4, undefined), seen(11, undefined), seen(12, 'e1')];
    const measure = (list: unknown) => bet(electionBets, 'new-leader').measure({} as Lab, facts({ leaders: list }));
    const saw = 'e3 led before, and then e1';
    // From 9.8 to 12; lost by 10.4, and elected after 10.9.
    expect(await measure(leaders)).toEqual({ seconds: 2.2, errorSeconds: 1.7, saw });
    // Elected before the fault was known to be in force.
    const early = [seen(8, 'e3'), seen(9.5, 'e1'), seen(12, 'e1')];
    expect(await measure(early)).toEqual({ seconds: 1.6, errorSeconds: 1.6, saw });
    await expect(async () => measure(leaders.slice(0, 3))).rejects.toThrow('a new leader was not seen');
    await expect(async () => measure(leaders.slice(2))).rejects.toThrow('a new leader was not seen');
    await expect(async () => measure(leaders.slice(2, 3))).rejects.toThrow('who led before');
    await expect(async () => measure(undefined)).rejects.toThrow('who led before');
  });
});

describe('the report', () => {
  const path = '/api/v1/namespaces/default/configmaps/incident';
  const look = (data?: object) => reportIsWritten().look(fakeLab({ objects: data ? { [path]: { data } } : {} }));
  const whole = {
    failed: 'the power of w2',
    noticed: 'visitors, at once',
    carried: 'all the rest',
    elected: 'pods elsewhere, later',
    helped: 'more than one answer',
  };

  test.each<[string, object | undefined, 'met' | 'unmet', RegExp]>([
    ['all five', whole, 'met', /failed, noticed, carried, elected and helped/],
    ['none', undefined, 'unmet', /no ConfigMap incident/],
    ['one is missing', { ...whole, helped: ' ' }, 'unmet', /does not answer helped/],
    ['one word is no answer', { ...whole, elected: 'nobody' }, 'unmet', /elected: fewer than 3 words/],
  ])('%s', async (_, data, kind, saw) => {
    expect(await look(data)).toMatchObject({ kind, saw: expect.stringMatching(saw) as string });
  });

  test('its answers are read with the questions in full, for the report of the run', async () => {
    const written = await writtenAnswers(fakeLab({ objects: { [path]: { data: whole } } }));
    expect(written).toHaveLength(5);
    expect(written.at(-1)).toEqual({ question: 'What would have helped?', answer: 'more than one answer' });
  });
});
