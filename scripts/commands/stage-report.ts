import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { historyName } from '../stage/history.ts';
import { FiredrillError } from '../system/errors.ts';
import { isMissing, readIfThere, writeAtomically } from '../system/files.ts';
import { stateFolder } from '../system/folders.ts';
import { maskedJson } from '../system/secrets.ts';

export interface WrittenReport {
  report: string;
  picture: string;
  timeline: string;
}

/**
 * Writes the report of the stage's last run on a lab, its picture and its timeline: of `firedrill stage`, or of the step of a
 * lesson that put the app under load last.
 * @throws FiredrillError `no-run` where the stage was never on.
 */
export async function writeStageReport(
  out: string | undefined,
  folder = stateFolder(),
  lab = 'firedrill',
): Promise<WrittenReport> {
  const [{ parseLines }, { timelineSvg }, { lastStageRun }, load] = await Promise.all([
    import('../probes/timeline.ts'),
    import('../probes/timeline-svg.ts'),
    import('../stage/history-runs.ts'),
    import('../stage/report.ts'),
  ]);
  const events = join(folder, 'events');
  for (const file of (await historiesOf(events, lab)).reverse()) {
    const run = lastStageRun(parseLines((await readIfThere(join(events, file))) ?? ''));
    const drawn = load.loadTimeline(run);
    if (!drawn) continue;
    const path = out ?? join(folder, 'reports', basename(file).replace(/\.jsonl$/, '.md'));
    const { picture, timeline } = besideReport(path);
    await writeAtomically(timeline, run.map((line) => `${maskedJson(line)}\n`).join(''));
    await writeAtomically(picture, timelineSvg(load.stageTitle, [drawn], load.loadStrip));
    await writeAtomically(path, load.stageReport(run, basename(picture)));
    return { report: path, picture, timeline };
  }
  throw new FiredrillError(`The lab '${lab}' was not under load yet.`, {
    code: 'no-run',
    remedy: "Put it under load first: 'npx firedrill stage'.",
  });
}

/** Where the picture and the timeline of a report lie. */
export function besideReport(report: string): { picture: string; timeline: string } {
  const beside = report.replace(/\.md$/, '');
  return { picture: `${beside}.svg`, timeline: `${beside}.timeline.jsonl` };
}

/** The files with the stage's history of a lab, oldest first. */
const historiesOf = async (folder: string, lab: string): Promise<string[]> =>
  (await namesIn(folder)).filter((file) => file.slice(10) === historyName(lab, '')).sort();

/** Names of the files in a folder; none where there is no folder. */
export const namesIn = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
