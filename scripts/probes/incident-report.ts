import { z } from 'zod';
import { masked } from '../system/secrets.ts';
import { checkSentences } from './check-sentences.ts';
import { tooCostly, type SummaryLine } from './probe.ts';
import {
  drillsIn,
  isSummary,
  stretchesOf,
  textOf,
  type DrillTimeline,
  type Stretch,
  type TimelineLine,
} from './timeline.ts';

/**
 * A run of a lesson as a Markdown incident report.
 * @param picture path of its SVG, as the report is to link it
 * @param load the section about the load that the app was under, where it was
 */
export function incidentReport(
  title: string,
  timeline: readonly TimelineLine[],
  picture: string,
  load: readonly string[] = [],
): string {
  const [first, last] = [timeline[0], timeline.at(-1)];
  const drills = drillsIn(timeline);
  return [
    `# Incident report: ${title}`,
    '',
    `From ${first?.at ?? ''} to ${last?.at ?? ''} (UTC). ${endOf(timeline)}`,
    '',
    ...(drills.length === 0 ? [nothingBroken, ''] : []),
    ...(drills.length + load.length === 0 ? [] : [`![What every probe saw](${encodeURI(picture)})`, '']),
    ...operatorsWords(timeline),
    ...load,
    ...drills.flatMap(drillSection),
    ...bets(timeline, drills),
    ...cost(timeline),
  ].join('\n');
}

/** The playground's members are no part of the lab, and the probes look at the lab. */
const nothingBroken =
  'No step of this run broke the lab on purpose, so no probe ran beside one. What happens apart from the lab, ' +
  'as on the playground, the probes do not see: the bets below are what was measured of it.';

const zeros = {
  fault: 'the fault was in force',
  'first-command': 'the first command of this step',
  'first-failure': 'the first failure that a probe saw',
  opening: 'this step was opened',
} as const;

function endOf(timeline: readonly TimelineLine[]): string {
  const end = timeline.findLast(({ type }) => type === 'lesson-finished' || type === 'step-failed');
  if (end?.type === 'lesson-finished') return 'The lesson was finished.';
  return end ? `A step failed: ${cell(textOf(end['why']))}` : 'The lesson was left before its end.';
}

const answersSchema = z.array(z.object({ question: z.string(), answer: z.string() }));

/** What somebody wrote about the incident, as they wrote it last. */
function operatorsWords(timeline: readonly TimelineLine[]): string[] {
  const line = timeline.findLast(({ type }) => type === 'answers');
  const answers = answersSchema.safeParse(line?.['answers']).data ?? [];
  if (answers.length === 0) return [];
  return [
    "## In the operator's words",
    '',
    ...(line?.['how'] === 'self' ? [] : ["The operator let the page answer: these are the lesson's own words.", '']),
    ...answers.flatMap(({ question, answer }) => [`**${question}** ${words(answer)}`, '']),
  ];
}

function drillSection(drill: DrillTimeline): string[] {
  const checks = checkSentences(drill.lines);
  const rows = drill.lines.flatMap((line) => {
    const says = checks.get(line) ?? sentence(line, drill.zeroIs === undefined ? 'Recovered' : 'Reached');
    return says === undefined ? [] : [`| ${since(drill, Date.parse(line.at))} | ${cell(says)} |`];
  });
  return [
    `## ${drill.step}`,
    '',
    `Times are seconds since ${zeros[drill.zeroIs ?? 'fault']}.`,
    '',
    '| when | what |',
    '| ---: | --- |',
    ...rows,
    '',
    ...outages(drill),
  ];
}

/** @param end what it is called that the step was reached */
function sentence(line: TimelineLine, end: string): string | undefined {
  const on = line['on'] === undefined ? 'the host' : textOf(line['on']);
  switch (line.type) {
    case 'fault-injected':
      return `**Fault on**, on ${textOf(line['machine'])}: ${textOf(line['title'])}`;
    case 'fault-bites':
      return '**Its consequences were all seen**';
    case 'fault-undone':
      return `**Fault off**, on ${textOf(line['machine'])}: ${textOf(line['title'])}`;
    case 'command-started':
      return `Command on ${on}: \`${masked(textOf(line['command'])).split('\n')[0] ?? ''}\``;
    case 'learner-command':
      return `You, in the lab's shell: \`${masked(textOf(line['command'])).split('\n')[0] ?? ''}\`${line['exitCode'] === 0 ? '' : ` (exit code ${textOf(line['exitCode'])})`}`;
    case 'hint':
      return `Hint ${textOf(line['tier'])} was taken`;
    case 'collapsed':
      return `Lost again: ${textOf(line['claim'])}`;
    case 'tick-turned-amber':
      return `**Lost again**, after it was reached: ${textOf(line['claim'])}`;
    case 'drill-void':
      return `Not counted: ${textOf(line['why'])}`;
    case 'step-reached':
      return `**${end}** (${{ self: 'by hand', 'run-for-me': 'by the commands of the page', skipped: 'skipped' }[textOf(line['how'])] ?? textOf(line['how'])})`;
    case 'step-failed':
      return `**Failed**: ${textOf(line['why'])}`;
    default:
      return undefined;
  }
}

/** What a probe did not see, from when to when, with the error of both ends. */
function outages(drill: DrillTimeline): string[] {
  const all = [...stretchesOf(drill)];
  if (all.length === 0) return ['No probes ran beside this step.', ''];
  const rows = all.flatMap(([probe, stretches]) =>
    together(stretches).map(({ from, to, says, errorMs, times }) => {
      const seconds = `${((to - from) / 1000).toFixed(1)} s ± ${(errorMs / 1000).toFixed(1)}`;
      const how = times > 1 ? `, on and off (${times} times)` : to >= drill.to - 100 ? ' (and on)' : '';
      return `| ${probe} | ${since(drill, from)} | ${seconds}${how} | ${cell(says)} |`;
    }),
  );
  const whole = all.filter(([, stretches]) => stretches.every(({ state }) => state === 'ok')).map(([probe]) => probe);
  return [
    ...(rows.length === 0
      ? ['No probe saw a failure.']
      : ['| failed | from | for | it said |', '| --- | ---: | ---: | --- |', ...rows]),
    '',
    ...(whole.length === 0 ? [] : [`Carried on all the time: ${whole.join(', ')}.`, '']),
  ];
}

/** The failed stretches; those with less than two seconds between them count as one that comes and goes. */
function together(stretches: readonly Stretch[]): (Stretch & { times: number })[] {
  const groups: (Stretch & { times: number })[] = [];
  for (const stretch of stretches.filter(({ state }) => state === 'failed')) {
    const last = groups.at(-1);
    if (last && stretch.from - last.to < 2000) Object.assign(last, { to: stretch.to, times: last.times + 1 });
    else groups.push({ ...stretch, times: 1 });
  }
  return groups;
}

function bets(timeline: readonly TimelineLine[], drills: readonly DrillTimeline[]): string[] {
  const scored = timeline.filter(({ type }) => type === 'prediction-scored');
  if (scored.length === 0) return [];
  const rows = scored.map((line) => {
    const right = line['right'] === true ? 'yes' : line['right'] === false ? 'no' : '';
    const doubt = textOf(line['doubt']);
    const saw = textOf(line['saw']) + (doubt === '' ? '' : `; this computer may be the cause: ${doubt}`);
    const cells = [textOf(line['question']), textOf(line['said']), textOf(line['measured']), saw].map(cell);
    return `| ${cells.join(' | ')} | ${right} |`;
  });
  return [
    drills.length === 0 ? '## Bets' : '## Bets, and what was measured',
    '',
    '| bet | said | measured | saw | right |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ];
}

function cost(timeline: readonly TimelineLine[]): string[] {
  const summaries = timeline.filter(isSummary);
  return summaries.length === 0
    ? []
    : [
        '## The probes themselves',
        '',
        ...summaries.flatMap((summary, index) => [
          `Recording ${index + 1}: ${costOf(summary)}`,
          '',
          '| probe | asked | failed | half within | 99 % within | slowest |',
          '| --- | ---: | ---: | ---: | ---: | ---: |',
          ...summary.probes.map(
            (one) =>
              `| ${one.probe} | ${one.samples} | ${one.failed} | ${ms(one.p50Ms)} | ${ms(one.p99Ms)} | ${ms(one.maxMs)} |`,
          ),
          '',
        ]),
      ];
}

/** What measuring cost, in a sentence, and a warning where that was much. */
export function costOf({ cores, seconds }: Pick<SummaryLine, 'cores' | 'seconds'>): string {
  const share = `${(cores * 100).toFixed(1)} % of one core for ${seconds.toFixed(0)} s.`;
  if (cores <= tooCostly) return `they took ${share}`;
  return `they took ${share} That is more than ${tooCostly * 100} %: the load of measuring may have changed what was measured.`;
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;

const since = (drill: DrillTimeline, time: number): string => {
  const seconds = (time - drill.faultAt) / 1000;
  return `${seconds < 0 ? '' : '+'}${seconds.toFixed(1)} s`;
};

/** Free text in a paragraph: no markup of its own, and nothing secret. */
const words = (text: string): string =>
  masked(text)
    .replace(/[\\`*_<>[\]#|!]/g, '\\$&')
    .replace(/\s+/g, ' ')
    .trim();

const cell = (text: string): string => masked(text).replaceAll('|', '\\|').replace(/\s+/g, ' ').trim();
