import { choose, type PromptIo } from './ask.ts';
import { columnsOf, stylesFor } from './look.ts';
import { padTo } from './wrap.ts';

/** A lesson as the menu and `list` show it. */
export interface MenuLesson {
  number: number;
  title: string;
  minutes: number;
  done: 'done' | 'partly' | 'not yet';
  /** A drill of it was reached, and what was mended does not hold any more. */
  lostAgain?: boolean;
}

/** One line a lesson, in columns: number, title, minutes, how far. A title that is too long is cut. */
export function lessonLines(lessons: readonly MenuLesson[], columns: number, colour = false): string[] {
  const widest = Math.max('partly'.length, ...lessons.map((lesson) => howFar(lesson).length));
  const most = Math.max(10, columns - '00  '.length - '  99 min  '.length - widest);
  const titles = lessons.map(({ title }) => (title.length > most ? `${title.slice(0, most - 1)}…` : title));
  const width = Math.max(0, ...titles.map((title) => title.length));
  const { warning } = stylesFor({ colour });
  return lessons.map((lesson, index) => {
    const { number, minutes, lostAgain = false } = lesson;
    const name = `${String(number).padStart(2, '0')}  ${padTo(titles[index] ?? '', width)}`;
    const far = lostAgain ? warning(howFar(lesson)) : howFar(lesson);
    return `${name}  ${String(minutes).padStart(2)} min  ${far}`;
  });
}

const lessonInWords = (lesson: MenuLesson): string => {
  const far = lesson.done === 'not yet' && !lesson.lostAgain ? '' : `, ${howFar(lesson)}`;
  return `${lesson.title} (${lesson.minutes} min${far})`;
};

const howFar = ({ done, lostAgain = false }: MenuLesson): string =>
  `${done === 'not yet' ? '—' : done}${lostAgain ? ', lost again' : ''}`;

/** Asks for a lesson; undefined: none, leave. `current` is where the cursor starts. @throws Interrupted */
export async function chooseLesson(
  lessons: readonly MenuLesson[],
  io: PromptIo,
  current?: number,
): Promise<number | undefined> {
  // Room for the cursor in front of a choice.
  const lines = lessonLines(lessons, columnsOf(io.output) - 4);
  // The accessible menu counts from 1 as the lessons do, so "leave" comes last.
  const choices = lessons.map((lesson, index) => ({
    value: lesson.number,
    says: lines[index] ?? '',
    plain: lesson.number === index + 1 ? lessonInWords(lesson) : `Lesson ${lesson.number}: ${lessonInWords(lesson)}`,
  }));
  const answer = await choose('Which lesson?', [...choices, { value: 0, says: 'Leave' }], io, current);
  return answer === 0 ? undefined : answer;
}
