import { textOf, type DrillTimeline, type TimelineLine } from '../probes/timeline.ts';
import { escaped, type Strip } from '../probes/timeline-svg.ts';
import { failuresOf, runsIn, secondsIn, type HistorySecond } from './history-runs.ts';
import { notExplained } from './summary.ts';
import { amount, milliseconds } from './words.ts';

/** The part of a run that was under load, to be drawn; undefined where there was none. */
export function loadTimeline(timeline: readonly TimelineLine[]): DrillTimeline | undefined {
  const seconds = secondsIn(runsIn(timeline));
  const [first, last] = [seconds[0], seconds.at(-1)];
  if (!first || !last) return undefined;
  const to = last.at + 1000;
  const inside = timeline.filter(({ at, type }) => {
    const time = Date.parse(at);
    return type !== 'probe' && time >= first.at && time <= to;
  });
  return { step: 'Under load, from its beginning', from: first.at, to, faultAt: first.at, lines: inside };
}

/** The section of an incident report about the load; no lines where there was none. */
export function loadSection(timeline: readonly TimelineLine[]): string[] {
  const runs = runsIn(timeline);
  const seconds = secondsIn(runs);
  if (seconds.length === 0) return [];
  const sum = (of: (second: HistorySecond) => number): number => seconds.reduce((total, one) => total + of(one), 0);
  const failures = runs.flatMap(failuresOf);
  const slowest = Math.max(...seconds.map(({ p99Ms }) => p99Ms));
  return [
    '## Under load',
    '',
    `The app was under load for ${seconds.length} s: ${amount(sum(({ due }) => due))} requests, ` +
      `${amount(sum(({ answered }) => answered))} answered, ${amount(sum(({ failed }) => failed))} failed. ` +
      `Not healthy: ${seconds.filter(({ healthy }) => healthy === false).length} s; nobody can tell: ` +
      `${seconds.filter(({ healthy }) => healthy === null).length} s. In the slowest second, 99 of 100 answers came ` +
      `within ${milliseconds(slowest)}.`,
    '',
    ...(failures.length === 0
      ? ['No request failed.', '']
      : [
          '| failed requests | caused by | at (UTC) |',
          '| ---: | --- | --- |',
          ...failures.map(({ event, failed }) => {
            const when = event ? timeOfDay(event.at) : '';
            return `| ${amount(failed)} | ${cell(event?.says ?? notExplained)} | ${when} |`;
          }),
          '',
        ]),
  ];
}

/** A run of the stage that no lesson went on beside, as a Markdown report. @param picture path of its SVG */
export function stageReport(timeline: readonly TimelineLine[], picture: string): string {
  const events = runsIn(timeline).flatMap((run) => run.events);
  return [
    `# Incident report: ${stageTitle}`,
    '',
    `From ${timeline[0]?.at ?? ''} to ${timeline.at(-1)?.at ?? ''} (UTC).`,
    '',
    `![Requests a second, and what happened](${encodeURI(picture)})`,
    '',
    ...loadSection(timeline),
    '## What happened',
    '',
    ...(events.length === 0
      ? ['Nothing was seen to happen.']
      : [
          '| at (UTC) | what |',
          '| --- | --- |',
          ...events.map(({ at, says }) => `| ${timeOfDay(at)} | ${cell(says)} |`),
        ]),
    '',
  ].join('\n');
}

export const stageTitle = 'the guestbook under load';

const timeOfDay = (at: number): string => new Date(at).toISOString().slice(11, 19);

const cell = (text: string): string => textOf(text).replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();

const stripHeight = 76;
/** Colours that people with a colour weakness tell apart, as in the rest of the picture. */
const colours = { answered: '#9ecae1', failed: '#d94801' };

/** Requests over time, above the rows of a drill: what was answered, and what failed on top of it. */
export function loadStrip({ lines }: DrillTimeline): Strip | undefined {
  const runs = runsIn(lines);
  const seconds = secondsIn(runs);
  const events = runs.flatMap((run) => run.events);
  if (seconds.length === 0) return undefined;
  const most = Math.max(1, ...seconds.map(({ answered, failed }) => answered + failed));
  const failedInAll = seconds.reduce((sum, { failed }) => sum + failed, 0);
  return {
    height: stripHeight,
    draw(x, top, labelsAt) {
      const bottom = top + stripHeight - 14;
      const heightOf = (count: number): number => (count / most) * (stripHeight - 24);
      const rect = (at: number, y: number, height: number, colour: string, tip: string): string => {
        const width = Math.max(0.5, x(at + 1000) - x(at));
        return `<rect x="${x(at)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${colour}"><title>${tip}</title></rect>`;
      };
      const columns = seconds.flatMap(({ at, answered, failed }) => {
        const low = heightOf(answered);
        // One lost request of thousands must be seen.
        const high = failed === 0 ? 0 : Math.max(3, heightOf(failed));
        return [
          ...(answered > 0 ? [rect(at, bottom - low, low, colours.answered, `${answered} answered`)] : []),
          ...(failed > 0 ? [rect(at, bottom - low - high, high, colours.failed, `${failed} failed`)] : []),
        ];
      });
      const label = (y: number, text: string): string =>
        `<text x="${labelsAt}" y="${round(y)}" text-anchor="end">${text}</text>`;
      return [
        label(bottom - stripHeight / 2, 'requests a second'),
        label(bottom - stripHeight / 2 + 14, `at most ${amount(most)}`),
        label(bottom - stripHeight / 2 + 28, `${amount(failedInAll)} failed`),
        ...columns,
        ...events.map(
          ({ at, says }) =>
            `<line x1="${x(at)}" x2="${x(at)}" y1="${top + 6}" y2="${bottom}" stroke="#636363" stroke-dasharray="2 3"><title>${escaped(says)}</title></line>`,
        ),
      ].join('\n');
    },
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;
