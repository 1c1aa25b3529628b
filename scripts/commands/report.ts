import type { Command } from 'commander';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { LoadedLesson } from '../course/model.ts';
import { FiredrillError } from '../system/errors.ts';
import { isMissing, readIfThere, writeAtomically } from '../system/files.ts';
import { stateFolder } from '../system/folders.ts';
import { lessonNamedOrOpen } from './choose-lesson.ts';
import { contextOf, type Context } from './context.ts';
import { samplesPath } from './flight-recorder.ts';

export function addReportCommand(program: Command): void {
  program
    .command('report [lesson]')
    .description('Write the last run of a lesson as an incident report, with a picture of its timeline.')
    .option('--out <file>', 'write it there (Markdown); the picture and the timeline lie beside it')
    .action(async (name: string | undefined, options: { out?: string }, command: Command) => {
      await report(contextOf(command), name, options.out);
    });
}

async function report(context: Context, name: string | undefined, out: string | undefined): Promise<void> {
  const { progressFor } = await import('./start.ts');
  const lesson = await lessonNamedOrOpen(name, await progressFor(context), context.lab);
  const written = await writeReport(lesson, out === undefined ? undefined : resolve(out));
  if (context.json) {
    context.printJson(written);
    return;
  }
  context.print(`Report:   ${written.report}\nPicture:  ${written.picture}\nTimeline: ${written.timeline}`);
}

/**
 * Writes the report of the lesson's last run, its picture and its timeline.
 * @throws FiredrillError `no-run` where the lesson was never started here.
 */
export async function writeReport(
  lesson: Pick<LoadedLesson, 'id' | 'title'>,
  out: string | undefined,
  folder = stateFolder(),
): Promise<{ report: string; picture: string; timeline: string }> {
  const log = await lastLog(join(folder, 'events'), lesson.id);
  const [{ drillsIn, lastRun, mergeTimeline, parseLines }, { incidentReport }, { timelineSvg }] = await Promise.all([
    import('../probes/timeline.ts'),
    import('../probes/incident-report.ts'),
    import('../probes/timeline-svg.ts'),
  ]);
  const run = log === undefined ? [] : lastRun(parseLines((await readIfThere(log)) ?? ''));
  if (log === undefined || run.length === 0) {
    throw new FiredrillError(`There is no run of lesson ${lesson.id} to report on.`, {
      code: 'no-run',
      remedy: `Take it first: 'npx firedrill start ${Number(lesson.id.slice(0, 2))}'.`,
    });
  }
  const merged = mergeTimeline(run, parseLines((await readIfThere(samplesPath(log))) ?? ''));
  const path = out ?? join(folder, 'reports', basename(log).replace(/\.jsonl$/, '.md'));
  const beside = path.replace(/\.md$/, '');
  const [picture, timeline] = [`${beside}.svg`, `${beside}.timeline.jsonl`];
  await writeAtomically(timeline, merged.map((line) => `${JSON.stringify(line)}\n`).join(''));
  await writeAtomically(picture, timelineSvg(lesson.title, drillsIn(merged)));
  await writeAtomically(path, incidentReport(lesson.title, merged, basename(picture)));
  return { report: path, picture, timeline };
}

/** The newest event log of a lesson: their names begin with the day. */
async function lastLog(folder: string, lessonId: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const newest = names
    .filter((file) => /^\d{4}-\d\d-\d\d-/.test(file) && file.slice(11) === `${lessonId}.jsonl`)
    .sort()
    .at(-1);
  return newest === undefined ? undefined : join(folder, newest);
}
