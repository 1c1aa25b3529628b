import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadedLesson, Page, PageCommand } from '../course/model.ts';
import { duration, stylesFor, type Look } from '../ui/look.ts';
import { renderMarkdown } from '../ui/markdown.ts';
import { visibleWidth, wrap } from '../ui/wrap.ts';
import { readPosition, type Position } from './position.ts';

/** What the speaker reads at one point of the presentation. */
export function notesLines(lesson: LoadedLesson, position: Position, look: Look, now = Date.now()): string[] {
  const styles = stylesFor(look);
  const index = lesson.pages.findIndex(({ heading }) => heading === position.heading);
  const page = lesson.pages[index];
  if (!page)
    return wrap(`The presentation is at '${position.heading}', which this lesson does not have.`, look.columns);
  const since = duration((now - position.startedAt) / 1000);
  const first = `Lesson ${lesson.number}, step ${index + 1} of ${lesson.pages.length}, after ${since}`;
  const next = lesson.pages[index + 1];
  const goesOn = next ? `Then: ${next.heading}` : 'This is the last step.';
  return [
    styles.faint(first),
    ...section(page.heading, page.text, look),
    ...(page.debrief === undefined ? [] : section('When it is reached', page.debrief, look)),
    ...(page.hints.length === 0 ? [] : section('If the room is stuck', page.hints.join('\n\n'), look)),
    ...commandsLines(page, position, look),
    '',
    ...wrap(position.state === 'finished' ? 'The lesson is done.' : goesOn, look.columns).map(styles.strong),
  ];
}

function section(heading: string, markdown: string, look: Look): string[] {
  const lines = wrap(heading, look.columns);
  const rule = '-'.repeat(Math.max(...lines.map(visibleWidth)));
  return ['', ...lines.map(stylesFor(look).strong), rule, ...renderMarkdown(markdown, look).split('\n')];
}

/** Every command of the step, the one that comes next marked. */
function commandsLines(page: Page, { command }: Position, look: Look): string[] {
  const styles = stylesFor(look);
  const typed = page.commands.filter(({ show }) => !show);
  if (typed.length === 0) return [];
  const line = (one: PageCommand): string[] => {
    const mark = one.text === command ? '>' : ' ';
    const [first = '', ...rest] = one.text.trimEnd().split('\n');
    return [`${mark} ${one.on ?? ''}$ ${first}`, ...rest.map((more) => `    ${more}`)].map(styles.code);
  };
  return ['', styles.strong('Commands of this step'), ...typed.flatMap(line)];
}

export interface NotesOptions {
  /** Writes one screen of notes. */
  show: (lines: readonly string[]) => void;
  look: () => Look;
  signal: AbortSignal;
  /** Where the presentation is; default: what it keeps of this lesson in the state folder. */
  read?: () => Promise<Position | undefined>;
  /** Milliseconds between two looks; default 300. */
  pauseMilliseconds?: number;
}

/** Follows the presentation of a lesson in another terminal, until the lesson is done or the signal aborts. */
export async function followNotes(lesson: LoadedLesson, options: NotesOptions): Promise<void> {
  const { show, look, signal, read = () => readPosition(lesson.id), pauseMilliseconds = 300 } = options;
  let shown = '';
  let hasBegun = false;
  for (;;) {
    const position = await read();
    const isOfLesson = position?.lesson === lesson.id;
    hasBegun ||= isOfLesson && position.state !== 'finished';
    // One that was finished before is an old one.
    const mine = isOfLesson && hasBegun ? position : undefined;
    const key = JSON.stringify(mine ?? null);
    if (key !== shown) {
      const waiting = `Waiting for 'npx firedrill present ${lesson.number}' to begin in another terminal.`;
      show(mine ? notesLines(lesson, mine, look()) : wrap(waiting, look().columns));
      shown = key;
    }
    if (mine?.state === 'finished') return;
    await sleep(pauseMilliseconds, undefined, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
  }
}
