import type { Command } from 'commander';
import { basename, join, resolve } from 'node:path';
import type { LoadedLesson } from '../course/model.ts';
import { historyName } from '../stage/history.ts';
import { FiredrillError } from '../system/errors.ts';
import { readIfThere, writeAtomically } from '../system/files.ts';
import { stateFolder } from '../system/folders.ts';
import { maskedJson } from '../system/secrets.ts';
import { lessonNamedOrOpen } from './choose-lesson.ts';
import { contextOf, type Context } from './context.ts';
import { samplesPath } from './flight-recorder.ts';
import { shellLogName } from './shell-log.ts';
import { besideReport, namesIn, writeStageReport, type WrittenReport } from './stage-report.ts';

interface ReportFlags {
  stage?: boolean;
  out?: string;
}

export function addReportCommand(program: Command): void {
  program
    .command('report [lesson]')
    .description('Write the last run of a lesson as an incident report, with a picture of its timeline.')
    .option('--stage', "the last run of 'firedrill stage', instead of a lesson")
    .option('--out <file>', 'write it there (Markdown); the picture and the timeline lie beside it')
    .action(async (name: string | undefined, flags: ReportFlags, command: Command) => {
      await report(contextOf(command), name, flags);
    });
}

async function report(context: Context, name: string | undefined, { stage, out }: ReportFlags): Promise<void> {
  const path = out === undefined ? undefined : resolve(out);
  const written = stage ? await reportOnStage(context, name, path) : await reportOnLesson(context, name, path);
  if (context.json) {
    context.printJson(written);
    return;
  }
  context.print(`Report:   ${written.report}\nPicture:  ${written.picture}\nTimeline: ${written.timeline}`);
}

async function reportOnLesson(
  context: Context,
  name: string | undefined,
  out: string | undefined,
): Promise<WrittenReport> {
  const { progressFor } = await import('./start.ts');
  const lesson = await lessonNamedOrOpen(name, await progressFor(context), context.lab);
  return writeReport(lesson, out, stateFolder(), context.lab);
}

async function reportOnStage(
  context: Context,
  name: string | undefined,
  out: string | undefined,
): Promise<WrittenReport> {
  if (name !== undefined) {
    throw new FiredrillError('A report is on a lesson or on the stage, not on both.', {
      code: 'lesson-and-stage',
      remedy: `Leave out '--stage' or '${name}'. The report of a lesson draws the load that the app was under meanwhile.`,
      exitCode: 2,
    });
  }
  return writeStageReport(out, stateFolder(), context.lab);
}

/**
 * Writes the report of the lesson's last run, its picture and its timeline, with the load that a lab was under meanwhile.
 * @throws FiredrillError `no-run` where the lesson was never started here.
 */
export async function writeReport(
  lesson: Pick<LoadedLesson, 'id' | 'title'>,
  out: string | undefined,
  folder = stateFolder(),
  lab = 'firedrill',
): Promise<WrittenReport> {
  const events = join(folder, 'events');
  const log = await lastLog(events, lesson.id);
  const [{ drillsIn, lastRun, mergeTimeline, parseLines }, { incidentReport }, { timelineSvg }, load] =
    await Promise.all([
      import('../probes/timeline.ts'),
      import('../probes/incident-report.ts'),
      import('../probes/timeline-svg.ts'),
      import('../stage/report.ts'),
    ]);
  const run = log === undefined ? [] : lastRun(parseLines((await readIfThere(log)) ?? ''));
  if (log === undefined || run.length === 0) {
    throw new FiredrillError(`There is no run of lesson ${lesson.id} to report on.`, {
      code: 'no-run',
      remedy: `Take it first: 'npx firedrill start ${Number(lesson.id.slice(0, 2))}'.`,
    });
  }
  const samples = parseLines((await readIfThere(samplesPath(log))) ?? '');
  const besides = await Promise.all(
    [historyName(lab, ''), shellLogName(lab, '')].map((file) => linesMeanwhile(events, file, run)),
  );
  const merged = mergeTimeline(run, [...samples, ...besides.flatMap(parseLines)]);
  const whole = load.loadTimeline(merged);
  const path = out ?? join(folder, 'reports', basename(log).replace(/\.jsonl$/, '.md'));
  const { picture, timeline } = besideReport(path);
  // Once more: a log may be older than what is known of secrets now.
  await writeAtomically(timeline, merged.map((line) => `${maskedJson(line)}\n`).join(''));
  const drawn = [...(whole ? [whole] : []), ...drillsIn(merged)];
  await writeAtomically(picture, timelineSvg(lesson.title, drawn, load.loadStrip));
  await writeAtomically(path, incidentReport(lesson.title, merged, basename(picture), load.loadSection(merged)));
  return { report: path, picture, timeline };
}

/**
 * Lines that others wrote while a run went on: the stage, a shell. Their files are of the day on which they were started.
 * @param name of the file, behind its day
 */
async function linesMeanwhile(folder: string, name: string, run: readonly { at: string }[]): Promise<string> {
  const [from = '', to = ''] = [run[0]?.at, run.at(-1)?.at];
  const dayBefore = new Date(Date.parse(from) - 24 * 3600 * 1000).toISOString().slice(0, 10);
  const days = (await namesIn(folder))
    .filter((file) => file.slice(10) === name)
    .filter((file) => file.slice(0, 10) >= dayBefore && file.slice(0, 10) <= to.slice(0, 10));
  const texts = await Promise.all(days.toSorted().map((file) => readIfThere(join(folder, file))));
  const lines = texts.flatMap((text) => (text ?? '').split('\n'));
  // Each line begins with its time.
  return lines.filter((line) => timeOf(line) >= from && timeOf(line) <= to).join('\n');
}

const timeOf = (line: string): string => /^\{"at":"([^"]+)"/.exec(line)?.[1] ?? '';

/** The newest event log of a lesson: their names begin with the day. */
async function lastLog(folder: string, lessonId: string): Promise<string | undefined> {
  const names = await namesIn(folder);
  const newest = names
    .filter((file) => /^\d{4}-\d\d-\d\d-/.test(file) && file.slice(11) === `${lessonId}.jsonl`)
    .sort()
    .at(-1);
  return newest === undefined ? undefined : join(folder, newest);
}
