import type { CourseEvent } from '../course/ui.ts';
import { commandLines, outputLine } from './command-lines.ts';
import { duration, stylesFor, type Look, type Styles } from './look.ts';
import { renderMarkdown } from './markdown.ts';
import { verdictLines } from './verdict-lines.ts';
import { hanging, harmless, wrap } from './wrap.ts';

/** What an event says to a reader of lines. Pages are not in it: a terminal shows them, a log does not. */
export function eventLines(event: CourseEvent, look: Look): string[] {
  const styles = stylesFor(look);
  switch (event.type) {
    case 'lesson-started':
      return ['', ...title(`Lesson ${event.lesson.number}: ${event.lesson.title}`, look, styles)];
    case 'preparing':
      return wrap(`${event.what} ...`, look.columns);
    case 'prepared':
      return hanging(
        `${styles.good(done(look))} `,
        wrap(`${event.what}  ${duration(event.seconds)}`, look.columns - 6),
      );
    case 'step-opened':
      return ['', ...wrap(styles.strong(stepName(event)), look.columns)];
    case 'awaiting':
      return wrap(`Waiting: ${harmless(event.claim)}`, look.columns);
    case 'check':
      return verdictLines(event.claim, event.verdict, look);
    case 'command-started':
      return commandLines(event.command, styles);
    case 'learner-command':
      // The shell has shown it.
      return [];
    case 'command-output':
      return [outputLine(event.line, look, styles)];
    case 'command-ended':
      return commandEnd(event, look, styles);
    case 'prediction-scored':
      return score(event, look, styles);
    case 'answers':
      return ['', ...wrap("Your answers are kept with this run: 'npx firedrill report' shows them.", look.columns)];
    case 'hint':
      return ['', styles.strong(`Hint ${event.tier}`), renderMarkdown(event.text, look)];
    case 'step-reached':
      return reached(event, look, styles);
    case 'step-failed':
      return ['', ...hanging(`${styles.bad('This step failed:')} `, wrap(harmless(event.why), look.columns - 19))];
    case 'lesson-finished':
      return ['', styles.strong(`Lesson ${event.lesson.number} is done (${finishedIn(event)}).`)];
    case 'bet':
      // Whoever made it has seen it.
      return [];
    case 'note':
      return wrap(harmless(event.text), look.columns);
    default:
      return faultLines(event, look, styles);
  }
}

/** What a lesson took; where somebody came back to it, what was before is not known. */
function finishedIn({ fromStep, seconds }: Extract<CourseEvent, { type: 'lesson-finished' }>): string {
  return fromStep === 1 ? duration(seconds) : `${duration(seconds)} from step ${fromStep} on`;
}

type FaultEvent = Extract<
  CourseEvent,
  { type: 'fault-injected' | 'fault-bites' | 'fault-undone' | 'drill-void' | 'collapsed' | 'tick-turned-amber' }
>;

function faultLines(event: FaultEvent, look: Look, styles: Styles): string[] {
  const sentence = (mark: string, text: string) => [
    '',
    ...hanging(`${mark} `, wrap(harmless(text), look.columns - 14)),
  ];
  switch (event.type) {
    case 'fault-injected':
      return sentence(styles.alarm('FAULT ON'), `Broken on purpose, on ${event.machine}: ${event.title}.`);
    case 'fault-undone':
      // Who mended it needs not be told.
      if (event.by === 'learner') return [];
      return sentence(styles.good('FAULT OFF'), `Put back, on ${event.machine}: no longer "${event.title}".`);
    case 'fault-bites':
      return [
        ...wrap(`The fault bites: seen after ${duration(event.seconds)}.`, look.columns),
        ...event.verdicts.flatMap(({ claim, verdict }) => verdictLines(claim, verdict, look)),
      ];
    case 'drill-void':
      return sentence(styles.warning('Not counted:'), `${event.why} The drill is offered again.`);
    case 'collapsed':
      return [
        ...sentence(styles.warning('Lost again:'), 'this was reached, and no longer holds.'),
        ...verdictLines(event.claim, event.verdict, look),
      ];
    case 'tick-turned-amber':
      return [
        ...sentence(styles.warning('Lost again:'), `"${event.page.heading}" was reached, and no longer holds.`),
        ...verdictLines(event.claim, event.verdict, look),
        ...wrap(`What to do: ${wayToGreen(event)}`, look.columns),
      ];
  }
}

function wayToGreen({ lesson: { number, pages }, page }: Extract<CourseEvent, { type: 'tick-turned-amber' }>): string {
  const step = pages.findIndex(({ heading }) => heading === page.heading) + 1;
  return (
    `mend it, and look with 'npx firedrill check ${number} --step ${step}'; or put the lab back with ` +
    `'npx firedrill reset --to ${number}'. The step counts as lost until you go back and reach it again.`
  );
}

export const stepName = (event: { page: { heading: string }; number: number; of: number }): string =>
  `Step ${event.number} of ${event.of}: ${harmless(event.page.heading)}`;

function title(text: string, look: Look, styles: Styles): string[] {
  const lines = wrap(harmless(text), look.columns);
  return [...lines.map(styles.strong), ...(look.accessible ? [] : ['='.repeat(Math.min(text.length, look.columns))])];
}

const done = (look: Look): string => (look.accessible ? 'Done:' : '✔');

function commandEnd(event: Extract<CourseEvent, { type: 'command-ended' }>, look: Look, styles: Styles): string[] {
  const { command, exitCode, seconds } = event;
  if (command.background && exitCode === 0) return [];
  const expected = command.fails ? exitCode !== 0 : exitCode === 0;
  if (expected) return command.fails ? [styles.faint(`  (exit code ${exitCode}, as expected)`)] : [];
  const why = command.fails ? 'It succeeded, and should have failed.' : `It failed with exit code ${exitCode}.`;
  return wrap(styles.bad(`${why} It took ${duration(seconds)}.`), look.columns);
}

/** "You said 30 s. It took 19.7 s (± 0.5)." */
function score(event: Extract<CourseEvent, { type: 'prediction-scored' }>, look: Look, styles: Styles): string[] {
  const timed = /^[\d.]+ ?s\b/.test(event.measured);
  const said = /^[\d.]+$/.test(event.said) && timed ? `${event.said} s` : event.said;
  const sentence = timed
    ? `You said ${said}. It took ${event.measured}.`
    : `You said: ${said.replace(/\.$/, '')}. What happened: ${event.measured.replace(/\.$/, '')}.`;
  const mark =
    event.right === undefined
      ? ''
      : event.right
        ? styles.good('You were right.')
        : styles.warning('You were not right.');
  return [
    '',
    ...wrap(styles.strong('Your bet: ') + harmless(event.question), look.columns),
    ...wrap(`${harmless(sentence)} ${mark}`.trim(), look.columns),
    ...(event.saw === '' ? [] : hanging('  saw: ', wrap(harmless(event.saw), look.columns - 7))),
    ...(event.doubt === undefined
      ? []
      : wrap(`This computer may be the cause, and not the lesson: ${harmless(event.doubt)}.`, look.columns)),
  ];
}

function reached(event: Extract<CourseEvent, { type: 'step-reached' }>, look: Look, styles: Styles): string[] {
  const time = duration(event.seconds);
  const says = {
    self: `${styles.good(`${done(look)} Reached`)}: ${event.page.heading} (${time})`,
    'run-for-me': `${styles.good(`${done(look)} Reached`)}: ${event.page.heading} (${time}; the commands were run for you)`,
    skipped: `${styles.warning('Skipped')}: ${event.page.heading} (done for you in ${time}; it counts as skipped)`,
    read: '',
  }[event.how];
  return says === '' ? [] : ['', ...wrap(says, look.columns)];
}
