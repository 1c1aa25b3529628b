import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { met, unknown, unmet } from '../../scripts/checks/verdict.ts';
import type { CourseEvent } from '../../scripts/course/ui.ts';
import { FiredrillError } from '../../scripts/system/errors.ts';
import { eventLines } from '../../scripts/ui/event-lines.ts';
import { createJsonUi, eventToJson } from '../../scripts/ui/json.ts';
import { createPlainUi } from '../../scripts/ui/plain.ts';
import { createActionReporter } from '../../scripts/ui/progress.ts';
import { awaitingReady, command, lesson, opened, page } from './examples.ts';
import { FakeOutput } from './fake-terminal.ts';

const events: CourseEvent[] = [
  { type: 'lesson-started', lesson, fromStep: 1 },
  { type: 'prepared', what: 'Apply the app', seconds: 2.64321 },
  opened,
  awaitingReady,
  awaitingReady,
  { type: 'fault-injected', title: 'w1 has no route to the pods on w2', machine: 'w1' },
  {
    type: 'fault-bites',
    seconds: 1.5,
    verdicts: [{ claim: 'the app does not answer', verdict: met('timed out after 2 s') }],
  },
  { type: 'command-started', command: { ...command, on: 'w1', text: 'ip route add x\nip route' } },
  { type: 'command-output', line: 'default via 10.0.0.1' },
  { type: 'command-ended', command, exitCode: 2, seconds: 0.11 },
  { type: 'check', claim: 'node w1 is Ready', verdict: unmet('NotReady', 'Ready') },
  { type: 'check', claim: 'etcd has a leader', verdict: unknown('no member answers') },
  { type: 'fault-undone', title: 'w1 has no route to the pods on w2', machine: 'w1', by: 'program' },
  { type: 'fault-undone', title: 'what the learner mended needs no words', machine: 'w1', by: 'learner' },
  {
    type: 'prediction-scored',
    question: 'How long until the pod is replaced?',
    said: '30 s',
    measured: '19.7 s (± 0.5)',
    saw: 'pod web-2 on w2',
    right: false,
  },
  { type: 'answers', answers: [{ question: 'What failed?', answer: 'the lamp' }], how: 'self' },
  { type: 'drill-void', why: 'The lease ran out.' },
  { type: 'collapsed', claim: 'node w1 is Ready', verdict: unmet('NotReady', 'Ready') },
  { type: 'step-reached', lesson, page, how: 'self', seconds: 61 },
  { type: 'tick-turned-amber', lesson, page, claim: 'node w1 is Ready', verdict: unmet('NotReady', 'Ready') },
  { type: 'step-failed', page, why: 'w1 is still NotReady' },
  { type: 'bet', id: 'how-long', said: '30' },
  { type: 'lesson-finished', lesson, fromStep: 1, seconds: 605 },
  { type: 'lesson-finished', lesson, fromStep: 3, seconds: 65 },
];

function written(show: (output: PassThrough) => void): string {
  const output = new PassThrough();
  show(output);
  return String(output.read() ?? '');
}

describe('the plain Ui', () => {
  it('writes every command, its output and every verdict once, without escape codes', () => {
    const text = written((output) => {
      const ui = createPlainUi({ output });
      for (const event of events) ui.emit(event);
    });
    expect(text).toMatchInlineSnapshot(`
      "
      Lesson 3: Understand the network
      ================================
      ✔ Apply the app 2.6 s

      Step 2 of 5: Look at the nodes
      ... waiting: node w1 is Ready; saw: NotReady

      FAULT ON Broken on purpose, on w1: w1 has no route to the pods on w2.
      The fault bites: seen after 1.5 s.
      ✔ the app does not answer
        saw: timed out after 2 s
      w1 $ ip route add x
           ip route
      │ default via 10.0.0.1
      It failed with exit code 2. It took 0.1 s.
      ✖ node w1 is Ready
        saw: NotReady
        wanted: Ready
      ? etcd has a leader
        cannot tell: no member answers

      FAULT OFF Put back, on w1: no longer "w1 has no route to the pods on w2".

      Your bet: How long until the pod is replaced?
      You said 30 s. It took 19.7 s (± 0.5). You were not right.
        saw: pod web-2 on w2

      Your answers are kept with this run: 'npx firedrill report' shows them.

      Not counted: The lease ran out. The drill is offered again.

      Lost again: this was reached, and no longer holds.
      ✖ node w1 is Ready
        saw: NotReady
        wanted: Ready

      ✔ Reached: Look at the nodes (61 s)

      Lost again: "Look at the nodes" was reached, and no longer holds.
      ✖ node w1 is Ready
        saw: NotReady
        wanted: Ready
      What to do: mend it, and look with 'npx firedrill check 3 --step 1'; or put the
      lab back with 'npx firedrill reset --to 3'. The step counts as lost until you go
      back and reach it again.

      This step failed: w1 is still NotReady

      Lesson 3 is done (10 min 5 s).

      Lesson 3 is done (65 s from step 3 on).
      "
    `);
  });

  it('asks nobody, and says so', async () => {
    const output = new PassThrough();
    const ui = createPlainUi({ output });
    const choice = await ui.predict({
      kind: 'choice',
      id: 'who',
      question: 'Who answers?',
      choices: [{ value: 'all', says: 'Everybody' }],
      measure: () => Promise.reject(new Error('not here')),
    });
    expect([choice, await ui.next('Go on?'), ui.interactive]).toEqual(['all', 'next', false]);
    expect(String(output.read())).toContain('Nobody was asked; "Everybody" is taken as the answer.');
    await expect(ui.shell({})).rejects.toBeInstanceOf(FiredrillError);
  });
});

describe('a bet of which the computer may be the cause', () => {
  it('says so in a sentence behind what was seen', () => {
    const bet = { question: 'How many fail?', said: 'none', measured: 'some', saw: '5 of 900', right: false };
    const doubt = 'the load generator itself was late (7 % of its requests)';
    const look = { columns: 120, accessible: true, colour: false };
    expect(eventLines({ type: 'prediction-scored', ...bet, doubt }, look).slice(-2)).toEqual([
      '  saw: 5 of 900',
      'This computer may be the cause, and not the lesson: the load generator itself was late (7 % of its requests).',
    ]);
    expect(eventLines({ type: 'prediction-scored', ...bet }, look).at(-1)).toBe('  saw: 5 of 900');
  });
});

describe('an event in colour', () => {
  it.each(events.map((event) => [event.type, event] as const))('%s says the same as without', (_type, event) => {
    const look = { columns: 60, accessible: false };
    const coloured = eventLines(event, { ...look, colour: true }).join('\n');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(eventLines(event, { ...look, colour: false }).join('\n'));
  });
});

describe('an event as JSON', () => {
  it('names the lesson and the step, and carries neither whole', () => {
    expect(events.slice(0, 3).map(eventToJson)).toEqual([
      { type: 'lesson-started', lesson: '03-network', fromStep: 1 },
      { type: 'prepared', what: 'Apply the app', seconds: 2.643 },
      { type: 'step-opened', lesson: '03-network', step: 'Look at the nodes', number: 2, of: 5 },
    ]);
  });

  it('is one line each, whatever is in it', () => {
    const text = written((output) => {
      const ui = createJsonUi({ output });
      for (const event of events) ui.emit(event);
    });
    const lines = text.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(events.map(({ type }) => type));
    expect(text).not.toContain('What a packet does');
  });
});

describe('the actions of a command', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubEnv('ACCESSIBLE', '');
    vi.stubEnv('TERM', 'xterm');
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  it('are plain lines without a terminal, an update every ten seconds at most', () => {
    const text = written((output) => {
      const reporter = createActionReporter({ output, colour: false, interactive: false });
      const certificates = reporter.action('Make certificates');
      vi.advanceTimersByTime(400);
      certificates.update('1 of 9');
      certificates.done();
      const boot = reporter.action('Boot the machines');
      vi.advanceTimersByTime(11_000);
      boot.update('3 of 6');
      boot.update('4 of 6');
      boot.failed('e1 does not answer');
    });
    expect(text).toBe(
      'Make certificates ... 0.4 s\n' +
        'Boot the machines ... 3 of 6\n' +
        'Boot the machines ... failed after 11 s  e1 does not answer\n',
    );
  });

  it('are plain lines for a screen reader, on a terminal too', () => {
    vi.stubEnv('ACCESSIBLE', '1');
    const output = new FakeOutput();
    const boot = createActionReporter({ output, colour: false, interactive: true }).action('Boot the machines');
    vi.advanceTimersByTime(5000);
    expect(output.text).toBe('');
    boot.done('6 machines');
    expect(output.text).toBe('Boot the machines ... 5.0 s  6 machines\n');
  });

  it('share one spinner on a terminal, however many run', () => {
    const output = new FakeOutput();
    const reporter = createActionReporter({ output, colour: false, interactive: true });
    const first = reporter.action('Build etcd');
    const second = reporter.action('Build runc');
    vi.advanceTimersByTime(1000);
    expect(output.text).toContain('Build etcd  1 s\n  Build runc  1 s');
    first.done('12 MB');
    second.failed('no gcc');
    expect(output.text).toContain('✔ Build etcd  1.0 s  12 MB\n');
    expect(output.text).toContain('✖ Build runc  1.0 s  no gcc\n');
    expect(vi.getTimerCount()).toBe(0);
  });
});
