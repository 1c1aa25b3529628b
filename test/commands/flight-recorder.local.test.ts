import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FlightRecorder } from '../../scripts/commands/flight-recorder.ts';
import type { LoadedLesson, Page } from '../../scripts/course/model.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import type { SummaryLine } from '../../scripts/probes/probe.ts';
import { startProbes } from '../../scripts/probes/start-probes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recorder-'));
});
afterEach(() => rm(folder, { recursive: true }));

const lesson = {
  definition: {
    steps: {
      Read: { kind: 'read' },
      Task: { kind: 'task' },
      Breaks: { kind: 'task', records: true },
      Drill: { kind: 'drill' },
    },
  },
} as unknown as LoadedLesson;
const page = (heading: string) => ({ heading }) as Page;
const opened = (heading: string) => ({ type: 'step-opened', lesson, page: page(heading), number: 1, of: 2 }) as const;
const reached = { type: 'step-reached', lesson, page: page('Drill'), how: 'self', seconds: 1 } as const;

function recorder(cores: number) {
  const seen: string[] = [];
  const notes: string[] = [];
  const log = join(folder, 'events.jsonl');
  const one = new FlightRecorder(
    {} as Lab,
    log,
    (text) => notes.push(text),
    (_lab, write) => {
      seen.push('started');
      write({ probe: 'app' });
      return Promise.resolve({
        stop: () => {
          seen.push('stopped');
          const summary: SummaryLine = { at: '', type: 'probes-summary', seconds: 1, probes: [], cores };
          return Promise.resolve(summary);
        },
      });
    },
  );
  return { one, seen, notes, samples: join(folder, 'events.samples.jsonl') };
}

test('probes run beside a task that breaks something, and no other', async () => {
  const { one, seen } = recorder(0.01);
  one.take(opened('Task'));
  expect(seen).toEqual([]);
  one.take(opened('Breaks'));
  one.take(opened('Task'));
  await one.end();
  expect(seen).toEqual(['started', 'stopped']);
});

test('probes run beside a drill, and beside nothing else', async () => {
  const { one, seen, notes, samples } = recorder(0.01);
  one.take(opened('Read'));
  expect(seen).toEqual([]);
  one.take(opened('Drill'));
  one.take({ type: 'note', text: 'on the way' });
  expect(seen).toEqual(['started']);
  one.take(reached);
  one.take(reached);
  await one.end();
  expect(seen).toEqual(['started', 'stopped']);
  expect(await readFile(samples, 'utf8')).toBe('{"probe":"app"}\n');
  expect(notes).toEqual([]);
});

test('a drill that is left is recorded to its end, and costly probes are said', async () => {
  const { one, seen, notes } = recorder(0.08);
  one.take(opened('Drill'));
  await one.end();
  expect(seen).toEqual(['started', 'stopped']);
  expect(notes).toEqual([expect.stringContaining('8.0 % of one core')]);
});

test('a drill goes on without probes that cannot start', async () => {
  const notes: string[] = [];
  const failing = () => Promise.reject(new Error('no certificates'));
  const one = new FlightRecorder({} as Lab, join(folder, 'e.jsonl'), (text) => notes.push(text), failing);
  one.take(opened('Drill'));
  await one.end();
  expect(notes).toEqual(['The probes do not run: no certificates']);
});

test('the thread of the probes hands over why it cannot start', async () => {
  await expect(startProbes('no-such-lab-here', () => undefined)).rejects.toThrow("There is no lab 'no-such-lab-here'");
});
