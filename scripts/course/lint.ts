import { readLesson } from './load.ts';
import type { Problem } from './markdown.ts';
import type { LoadedLesson, Page, Prediction, Step } from './model.ts';

/** Machines of the default lab: what `on=` may name. */
const machines = ['e1', 'e2', 'e3', 'c1', 'w1', 'w2'];

/** What an author must still do to a lesson. Empty: it is as a lesson should be. Looks at files only. */
export async function lintLesson(folder: string): Promise<readonly Problem[]> {
  const { lesson, problems } = await readLesson(folder);
  if (!lesson) return problems;
  return [...problems, ...wholeLesson(lesson), ...lesson.pages.flatMap((page) => onePage(lesson, page))];
}

function wholeLesson(lesson: LoadedLesson): Problem[] {
  const readme = `${lesson.folder}/README.md`;
  const code = `${lesson.folder}/lesson.ts`;
  const { minutes, summary } = lesson.definition;
  const last = lesson.pages.at(-1);
  const problems: (Problem | false)[] = [
    lesson.title === '' && { file: readme, line: 1, message: "expected a title, '# ...'" },
    !/^\W*goal\b/im.test(lesson.introduction) && {
      file: readme,
      line: 1,
      message: "expected a line that begins with 'Goal' before the first step",
    },
    !(minutes >= 5 && minutes <= 45) && {
      file: code,
      line: 0,
      message: `minutes is ${minutes}; expected 5 to 45`,
    },
    (summary.trim() === '' || summary.includes('\n')) && {
      file: code,
      line: 0,
      message: 'expected a summary of one line',
    },
    last === undefined && { file: readme, line: 1, message: "expected at least one step, '## ...'" },
    last !== undefined &&
      last.debrief === undefined &&
      !/debrief/i.test(last.heading) && {
        file: readme,
        line: last.line,
        message: "expected '### Debrief' in the last step: what happened, what would have helped, and in production",
      },
    ...missingParts(last).map((part) => ({
      file: readme,
      line: last?.line ?? 1,
      message: `the last debrief has no part '**${part}'; expected all of ${debriefParts.join(', ')}`,
    })),
    [lesson.title, lesson.introduction, summary].some(hasGap) && {
      file: readme,
      line: 1,
      message: "still says TODO; expected the lesson's own words",
    },
  ];
  return problems.filter((problem) => problem !== false);
}

/** How the paragraphs of a lesson's last debrief begin, in bold. A learner finds the same three in each. */
const debriefParts = ['What happened', 'What would have helped', 'In production'];

function missingParts(last: Page | undefined): string[] {
  const text = last?.debrief ?? (last && /debrief/i.test(last.heading) ? last.text : undefined);
  if (text === undefined) return [];
  return debriefParts.filter((part) => !new RegExp(`^\\*\\*${part}\\b`, 'm').test(text));
}

function onePage(lesson: LoadedLesson, page: Page): Problem[] {
  const file = `${lesson.folder}/README.md`;
  const step = lesson.definition.steps[page.heading];
  const messages = [
    hasGap([page.heading, page.text, page.debrief, ...page.hints].join('\n')) &&
      "still says TODO; expected the step's own words",
    page.text === '' && 'a step without text; expected some',
    ...(step === undefined || step.kind === 'read' ? [] : whatIsDone(step, page)),
  ].filter((message) => typeof message === 'string');
  const wrongMachines = page.commands
    .filter(({ on }) => on !== undefined && !machines.includes(on))
    .map(({ on, line }) => ({
      file,
      line,
      message: `on=${on ?? ''} is no machine of the lab; expected one of ${machines.join(', ')}`,
    }));
  return [...messages.map((message) => ({ file, line: page.line, message })), ...wrongMachines];
}

function whatIsDone(step: Exclude<Step, { kind: 'read' }>, page: Page): (string | false)[] {
  const checks = step.kind === 'task' ? step.reach : [...step.before, ...step.bites, ...step.recovered];
  return [
    page.hints.length !== 3 &&
      `${page.hints.length} hints; expected three '### Hint' sections: what to observe, where to look, nearly the answer`,
    page.hints.includes('') && 'an empty hint; expected some words',
    !page.commands.some((command) => !command.show) && 'no command that reaches it; expected at least one sh block',
    checks.some(({ claim }) => claim.trim() === '') && 'a check without a claim',
    step.kind === 'drill' && !step.predictions?.length && 'a drill without predictions; expected at least one bet',
    ...(step.predictions ?? []).map(whatIsExpected),
  ];
}

/** What is wrong with what a bet expects: something that cannot come true, or anything at all. */
function whatIsExpected(prediction: Prediction): string | false {
  const { id } = prediction;
  if (prediction.kind === 'seconds') {
    const { from, to } = prediction.expected ?? { from: 0, to: 0 };
    return from > to && `bet '${id}' expects ${from} to ${to} s; expected the smaller number first`;
  }
  const { choices, expected } = prediction;
  if (!expected) return false;
  const values = choices.map(({ value }) => value);
  const wrong = expected.find((value) => !values.includes(value));
  if (wrong !== undefined) return `bet '${id}' expects '${wrong}'; expected one of ${values.join(', ')}`;
  const says = expected.length === 0 ? 'nothing' : values.every((value) => expected.includes(value)) && 'anything';
  return says !== false && `bet '${id}' expects ${says}; expected some of ${values.join(', ')}, or leave it out`;
}

const hasGap = (text: string): boolean => /\bTODO\b/.test(text);
