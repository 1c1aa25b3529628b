import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeReport } from '../../scripts/commands/report.ts';
import { openShellLog, shellLogName } from '../../scripts/commands/shell-log.ts';
import { costOf, incidentReport } from '../../scripts/probes/incident-report.ts';
import { timelineSvg } from '../../scripts/probes/timeline-svg.ts';
import { drillsIn, lastRun, mergeTimeline, parseLines, stretchesOf } from '../../scripts/probes/timeline.ts';

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const event = (seconds: number, type: string, more: object = {}) => ({ at: at(seconds), type, ...more });
const sample = (seconds: number, probe: string, state: string, says = '') =>
  event(seconds, 'probe', { probe, state, says, ms: 1, gapMs: 100 });

const events = [
  event(-900, 'lesson-started', { lesson: '09-x' }),
  event(-800, 'fault-injected', { title: 'of an earlier run', machine: 'c1' }),
  event(0, 'lesson-started', { lesson: '09-x' }),
  event(1, 'step-opened', { step: 'Read <this>' }),
  event(2, 'step-reached', { step: 'Read <this>', how: 'read' }),
  event(3, 'step-opened', { step: 'A drill & more' }),
  event(30, 'fault-injected', { title: 'the API server is killed', machine: 'c1' }),
  event(31, 'fault-bites', { seconds: 1 }),
  event(32, 'command-started', { command: 'login --password hunter2 | tee\nmore' }),
  event(33, 'hint', { tier: 1 }),
  event(34, 'learner-command', { command: 'curl -u me:hunter2 x | tee', exitCode: 7 }),
  event(36, 'fault-undone', { title: 'the API server is killed', machine: 'c1' }),
  event(38, 'prediction-scored', { question: 'How long?', said: '3 s', measured: '5 s', saw: 'it', right: false }),
  event(39, 'step-reached', { step: 'A drill & more', how: 'self' }),
  event(40, 'lesson-finished'),
];
const samples = [
  sample(-500, 'API read', 'failed', 'of an earlier run'),
  ...[25, 26, 27, 28, 29, 30].map((time) => sample(time, 'API read', 'ok')),
  sample(30.2, 'API read', 'failed', 'refused'),
  sample(31.2, 'API read', 'failed', 'refused'),
  sample(35.4, 'API read', 'ok'),
  ...[30, 32, 34]
    .flatMap((time) => [
      sample(time, 'app through w2', 'ok'),
      sample(time + 1, 'app through w2', 'failed', 'no answer'),
    ])
    .slice(0, 4),
  sample(35, 'app through w2', 'ok'),
  sample(30.1, 'app through w1', 'ok'),
  sample(38.9, 'app through w1', 'ok'),
  event(39, 'probes-summary', {
    seconds: 36,
    cores: 0.062,
    probes: [{ probe: 'API read', samples: 360, failed: 52, p50Ms: 2, p99Ms: 9, maxMs: 1000 }],
  }),
];
const timeline = mergeTimeline(lastRun(events), samples);

test('one timeline of the last run, in order', () => {
  expect(timeline.map(({ at: time }) => time)).toEqual(timeline.map(({ at: time }) => time).sort());
  expect(timeline).toHaveLength(events.length - 2 + samples.length - 1);
  expect(parseLines('{"at":"x","type":"note"}\n{"at":"x","ty')).toHaveLength(1);
});

test('a drill is seen as stretches, with the error of their ends', () => {
  const [drill, ...others] = drillsIn(timeline);
  expect(others).toEqual([]);
  expect(drill).toMatchObject({ step: 'A drill & more', from: Date.parse(at(20)), to: Date.parse(at(39)) });
  const seen = stretchesOf(drill!).get('API read')!;
  expect(seen.map(({ state, from, to }) => [state, from - Date.parse(at(30)), to - from])).toEqual([
    ['ok', -5000, 5200],
    ['failed', 200, 5200],
    ['ok', 5400, 1500],
  ]);
  expect(seen[1]?.errorMs).toBe(200);
});

test('the report tells what failed, for how long, what carried on, and what measuring cost', () => {
  const text = incidentReport('Lesson | 9', timeline, 'a picture.svg');
  expect(text).toContain('![What every probe saw](a%20picture.svg)');
  expect(text).toContain('| +0.0 s | **Fault on**, on c1: the API server is killed |');
  expect(text).toContain('| API read | +0.2 s | 5.2 s ± 0.2 | refused |');
  expect(text).toContain('| app through w2 | +1.0 s | 4.0 s ± 0.2, on and off (2 times) | no answer |');
  expect(text).toContain('Carried on all the time: app through w1.');
  expect(text).toContain('| How long? | 3 s | 5 s | it | no |');
  expect(text).toContain('6.2 % of one core');
  expect(text).toContain('may have changed what was measured');
  expect(text).toContain("| +4.0 s | You, in the lab's shell: `curl -u me:*** x \\| tee` (exit code 7) |");
  expect(text).not.toContain('hunter2');
  expect(text).not.toContain('earlier run');
  expect(costOf({ cores: 0.05, seconds: 3 })).not.toContain('may have changed');
});

test('a bet tells where this computer may be the cause of what was measured', () => {
  const bet = { question: 'How many?', said: 'none', measured: '7', saw: '7 of 900', right: false };
  const doubted = event(38.5, 'prediction-scored', { ...bet, doubt: 'the generator was | late' });
  expect(incidentReport('Nine', [...timeline, doubted], 'x.svg')).toContain(
    '| How many? | none | 7 | 7 of 900; this computer may be the cause: the generator was \\| late | no |',
  );
});

describe('the checks of a step', () => {
  const unmet = (saw: string) => ({ kind: 'unmet', saw, wanted: 'what is claimed' });
  const met = { kind: 'met', saw: 'it' };
  const check = (seconds: number, claim: string, verdict: object = met) => event(seconds, 'check', { claim, verdict });
  const awaiting = (seconds: number, claim: string, verdict: object) => event(seconds, 'awaiting', { claim, verdict });
  /** What the report says of them, and of what was lost, in the drill. */
  const told = (...looks: typeof timeline) => {
    const whole = mergeTimeline([...lastRun(events), ...looks], samples);
    return incidentReport('Nine', whole, 'x.svg').match(/^\| .* (Met|Not met|Awaited|Lost again): .*$/gm);
  };

  test('are told where the goal is met, all in one line, and not again at the end of the drill', () => {
    const looks = [check(36.5, 'the API server is ready'), check(36.5, 'a | b'), check(36.9, 'the app answers')];
    expect(told(...looks)).toEqual(['| +6.5 s | Met: the API server is ready; a \\| b; the app answers |']);
  });

  test('tell what is awaited where that changes, or its verdict, and not at every look', () => {
    const looks = [
      awaiting(32.1, 'four pods are Ready', unmet('2 of 4')),
      awaiting(32.6, 'four pods are Ready', unmet('3 of 4')),
      awaiting(33.1, 'four pods are Ready', { kind: 'unknown', why: 'no answer' }),
      awaiting(33.6, 'the app answers', unmet('503')),
      awaiting(34.1, 'four pods are Ready', { kind: 'unknown', why: 'no answer' }),
    ];
    expect(told(...looks)).toEqual([
      '| +2.1 s | Awaited: four pods are Ready; seen: 2 of 4 |',
      '| +3.1 s | Awaited: four pods are Ready; could not tell: no answer |',
      '| +3.6 s | Awaited: the app answers; seen: 503 |',
      '| +4.1 s | Awaited: four pods are Ready; could not tell: no answer |',
    ]);
  });

  test('say once that something was lost again, and what was lost on the way', () => {
    const lost = { claim: 'the app answers', verdict: unmet('503') };
    const looks = [
      event(34.1, 'collapsed', lost),
      event(34.1, 'awaiting', lost),
      check(36.5, 'the API server is ready'),
      check(36.9, 'Redis has its data', unmet('token=hunter2')),
    ];
    expect(told(...looks)).toEqual([
      '| +4.1 s | Lost again: the app answers |',
      '| +6.5 s | Met: the API server is ready |',
      '| +6.9 s | Not met: Redis has its data; seen: token=*** |',
    ]);
  });
});

describe('a drill that was lost again on a page that came after it', () => {
  const lost = (seconds: number, step = 'A drill & more') =>
    event(seconds, 'tick-turned-amber', { step, claim: 'the API answers' });
  const later = event(50, 'step-opened', { step: 'Read on' });

  test('says so among what happened in the drill, whose end stays where it was', () => {
    const whole = [...timeline, later, lost(60), lost(61, 'Another')];
    expect(incidentReport('Nine', whole, 'x.svg').match(/.*Lost again.*/g)).toEqual([
      '| +30.0 s | **Lost again**, after it was reached: the API answers |',
    ]);
    expect(drillsIn(whole)[0]?.to).toBe(Date.parse(at(39)));
    expect(timelineSvg('Nine', drillsIn(whole))).toBe(timelineSvg('Nine', drillsIn(timeline)));
  });

  test('is told of the time that it was lost in, where it was done twice', () => {
    const again = [
      event(70, 'step-opened', { step: 'A drill & more' }),
      event(71, 'fault-injected', { title: 'again', machine: 'c1' }),
      event(75, 'step-reached', { step: 'A drill & more', how: 'self' }),
      event(76, 'lesson-finished'),
      lost(80),
    ];
    const drills = drillsIn([...timeline, later, ...again]);
    expect(drills.map(({ lines }) => lines.filter(({ type }) => type === 'tick-turned-amber').length)).toEqual([0, 1]);
  });
});

describe('a run that somebody came back to', () => {
  const came = (seconds: number, fromStep: number) => event(seconds, 'lesson-started', { lesson: '09-x', fromStep });
  const first = [
    came(0, 1),
    event(1, 'step-opened', { step: 'One' }),
    event(2, 'step-reached', { step: 'One', how: 'self' }),
    event(3, 'step-opened', { step: 'Two' }),
    event(4, 'fault-injected', { title: 'cut off', machine: 'w1' }),
    event(9, 'note', { text: 'the terminal is closed' }),
  ];
  const second = [came(900, 2), event(901, 'step-opened', { step: 'Two' })];
  const last = [
    came(1900, 2),
    event(1901, 'step-opened', { step: 'Two' }),
    event(1902, 'fault-injected', { title: 'cut off', machine: 'w1' }),
    event(1910, 'step-reached', { step: 'Two', how: 'self' }),
    event(1911, 'lesson-finished'),
  ];

  test('is whole: what was done before belongs to it', () => {
    expect(lastRun([...events, ...first, ...second, ...last])).toEqual([...first, ...second, ...last]);
  });

  test('has nothing of a run that came to its end, and of none where it begins at the first step', () => {
    expect(lastRun([...first, ...last, ...second])).toEqual(second);
    expect(lastRun([...first, came(950, 1)])).toEqual([came(950, 1)]);
  });

  test('has a drill that was left end there, and not where it was done again', () => {
    const drills = drillsIn([...first, ...second, ...last]);
    expect(drills.map(({ from, to }) => [from, to])).toEqual([
      [Date.parse(at(3)), Date.parse(at(9))],
      [Date.parse(at(1901)), Date.parse(at(1910))],
    ]);
  });
});

describe('a task whose commands break something', () => {
  const opening = event(0, 'step-opened', { step: 'Every disk is lost', records: 'task' });
  const broken = [
    event(-1, 'lesson-started', { lesson: '06-x' }),
    opening,
    event(20, 'command-started', { command: 'systemctl kill etcd', on: 'e1' }),
    sample(25, 'API write', 'failed', 'silent'),
    event(30, 'step-reached', { step: 'Every disk is lost', how: 'run-for-me' }),
    event(31, 'step-opened', { step: 'What was lost' }),
    event(32, 'command-started', { command: 'kubectl get nodes' }),
  ];

  test('is told like a drill, from its first command on', () => {
    expect(drillsIn(broken)).toMatchObject([
      { step: 'Every disk is lost', zeroIs: 'first-command', faultAt: Date.parse(at(20)), from: Date.parse(at(10)) },
    ]);
    const text = incidentReport('Six', broken, 'six.svg');
    expect(text).toContain('Times are seconds since the first command of this step.');
    expect(text).toContain('| +0.0 s | Command on e1: `systemctl kill etcd` |');
    expect(text).toContain('| +10.0 s | **Reached** (by the commands of the page) |');
    expect(text).toContain('| API write | +5.0 s |');
    expect(text).not.toContain('broke the lab');
    const svg = timelineSvg('Six', drillsIn(broken));
    expect(svg).toContain('>begun</text>');
    expect(svg).toContain('>reached</text>');
  });

  test('where nobody tells of a command, from the first failure; without one, from the opening', () => {
    const quiet = broken.filter(({ type }) => type !== 'command-started');
    expect(drillsIn(quiet)).toMatchObject([{ zeroIs: 'first-failure', faultAt: Date.parse(at(25)) }]);
    const whole = [opening, sample(5, 'API write', 'ok'), event(6, 'step-reached', { how: 'self' })];
    expect(drillsIn(whole)).toMatchObject([{ zeroIs: 'opening', faultAt: Date.parse(at(0)) }]);
  });

  test('a drill that was left before its fault broke nothing, nor did a run without one', () => {
    const left = [{ ...opening, records: 'drill' }, sample(5, 'API write', 'ok')];
    expect(drillsIn(left)).toEqual([]);
    expect(incidentReport('Five', left, 'five.svg')).toContain('No step of this run broke the lab on purpose');
  });
});

test('what the operator wrote last stands in the report, as text', () => {
  const answers = (answer: string) => [{ question: 'What failed?', answer }];
  const written = (how: string) =>
    incidentReport(
      'Nine',
      [
        ...timeline,
        event(41, 'answers', { answers: answers('an older answer'), how }),
        event(42, 'answers', { answers: answers('the power of w2 <b>\npassword=hunter2'), how }),
      ],
      'x.svg',
    );
  expect(written('self')).toContain("## In the operator's words\n\n**What failed?** the power of w2 \\<b\\> password=");
  expect(written('self')).not.toMatch(/hunter2|an older answer|the lesson's own words/);
  expect(written('run-for-me')).toContain("the lesson's own words");
  expect(incidentReport('Nine', timeline, 'x.svg')).not.toContain('operator');
});

test('the picture is well-formed, and escapes what comes from outside', () => {
  const svg = timelineSvg('<script> & co', drillsIn(timeline));
  expect(svg).toContain('&lt;script&gt; &amp; co');
  expect(svg).toContain('A drill &amp; more');
  expect(svg).not.toMatch(/NaN|undefined|<script/);
  expect(svg.match(/<text/g)).toHaveLength(svg.match(/<\/text>/g)!.length);
  expect(svg).toContain('fill="#d94801"><title>API read: failed, refused, 5.2 s</title>');
});

test('commands typed in a shell beside the lesson are in its timeline, those of another time or lab are not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'report-'));
  try {
    await mkdir(join(folder, 'events'));
    const shell = openShellLog('mine', join(folder, 'events'));
    const type = (seconds: number, command: string) => {
      shell.take({ at: at(seconds), command, exitCode: 0 });
    };
    type(-1, 'too early');
    type(35, 'kubectl --token abc get nodes');
    type(41, 'too late');
    openShellLog('other', join(folder, 'events')).take({ at: at(35), command: 'elsewhere', exitCode: 0 });
    // The file's name has the day on which the shell was opened; the run is of another year.
    const day = at(0).slice(0, 10);
    for (const lab of ['mine', 'other']) {
      const today = join(folder, 'events', shellLogName(lab, new Date().toISOString().slice(0, 10)));
      await rename(today, join(folder, 'events', shellLogName(lab, day)));
    }
    const lines = (all: object[]) => all.map((line) => `${JSON.stringify(line)}\n`).join('');
    await writeFile(join(folder, 'events', `${day}-09-x.jsonl`), lines(events));
    const written = await writeReport({ id: '09-x', title: 'Nine' }, join(folder, 'mine.md'), folder, 'mine');
    const kept = parseLines(await readFile(written.timeline, 'utf8')).filter(
      ({ type: kind }) => kind === 'learner-command',
    );
    expect(kept.map(({ command }) => command)).toEqual(['curl -u me:*** x | tee', 'kubectl --token *** get nodes']);
    expect(await readFile(written.report, 'utf8')).toContain('kubectl --token *** get nodes');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a report is written beside its picture and timeline; without a run it says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'report-'));
  try {
    const lesson = { id: '09-x', title: 'Nine' };
    await expect(writeReport(lesson, undefined, folder)).rejects.toMatchObject({ code: 'no-run' });
    await mkdir(join(folder, 'events'));
    const lines = (all: object[]) => all.map((line) => `${JSON.stringify(line)}\n`).join('');
    await writeFile(join(folder, 'events', '2026-01-01-09-x.jsonl'), lines(events));
    await writeFile(join(folder, 'events', '2026-01-01-09-x.samples.jsonl'), lines(samples));
    const written = await writeReport(lesson, join(folder, 'out', 'mine.md'), folder);
    expect(await readFile(written.report, 'utf8')).toContain('(mine.svg)');
    expect(await readFile(written.picture, 'utf8')).toContain('<svg');
    const kept = await readFile(written.timeline, 'utf8');
    expect(kept).not.toContain('hunter2');
    expect(kept.replaceAll('***', 'hunter2')).toBe(lines(timeline));
  } finally {
    await rm(folder, { recursive: true });
  }
});
