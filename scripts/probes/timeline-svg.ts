import { stretchesOf, textOf, type DrillTimeline } from './timeline.ts';

const width = 960;
const left = 150;
const right = 20;
const rowHeight = 18;
const head = 46;
const foot = 30;
/** Colours that people with a colour weakness tell apart; a failed stretch is also higher than the others. */
const colours = { ok: '#9ecae1', failed: '#d94801', unknown: '#bdbdbd' } as const;
const marks: Record<string, { says: string; colour: string }> = {
  'fault-injected': { says: 'fault on', colour: '#a50f15' },
  'fault-bites': { says: 'seen', colour: '#54278f' },
  'fault-undone': { says: 'fault off', colour: '#006d2c' },
  'step-reached': { says: 'recovered', colour: '#006d2c' },
};

/** Something else to be drawn above the rows of a drill, in the same time. */
export interface Strip {
  height: number;
  /**
   * @param x where a time (milliseconds since the epoch) is
   * @param top where the strip begins
   * @param labelsAt where names of rows end
   */
  draw: (x: (time: number) => number, top: number, labelsAt: number) => string;
}

type StripOf = (drill: DrillTimeline) => Strip | undefined;

/** The drills of a run as a picture: a row a probe, seconds from left to right, one panel under the other. */
export function timelineSvg(
  title: string,
  drills: readonly DrillTimeline[],
  stripOf: StripOf = () => undefined,
): string {
  const panels: string[] = [];
  let top = 30;
  for (const drill of drills) {
    const { svg, height } = panel(drill, top, stripOf(drill));
    panels.push(svg);
    top += height;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}" font-family="sans-serif" font-size="11" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${top}" fill="white"/>`,
    `<text x="10" y="20" font-size="15" font-weight="bold">${escaped(title)}</text>`,
    ...panels,
    '</svg>',
    '',
  ].join('\n');
}

function panel(drill: DrillTimeline, top: number, strip: Strip | undefined): { svg: string; height: number } {
  const rows = [...stretchesOf(drill)];
  const span = Math.max(1, drill.to - drill.from);
  const x = (time: number): number => round(left + ((time - drill.from) / span) * (width - left - right));
  const rowsTop = top + head + (strip?.height ?? 0);
  const bottom = rowsTop + rows.length * rowHeight;
  const parts = [`<text x="10" y="${top + 18}" font-size="13" font-weight="bold">${escaped(drill.step)}</text>`];
  if (strip) parts.push(strip.draw(x, top + head, left - 8));
  for (const [index, [probe, stretches]] of rows.entries()) {
    const y = rowsTop + index * rowHeight;
    parts.push(`<text x="${left - 8}" y="${y + 12}" text-anchor="end">${escaped(probe)}</text>`);
    for (const { state, from, to, says } of stretches) {
      const high = state === 'failed' ? 16 : 10;
      const bar = `x="${x(from)}" y="${y + 8 - high / 2}" width="${Math.max(1, round(x(to) - x(from)))}" height="${high}"`;
      const tip = `${probe}: ${state}${says === '' ? '' : `, ${says}`}, ${((to - from) / 1000).toFixed(1)} s`;
      parts.push(`<rect ${bar} fill="${colours[state]}"><title>${escaped(tip)}</title></rect>`);
    }
  }
  if (rows.length === 0 && !strip) parts.push(`<text x="${left}" y="${bottom}">No probes ran.</text>`);
  parts.push(...lines(drill, x, top, bottom), ...axis(drill, x, bottom));
  return { svg: parts.join('\n'), height: bottom + foot - top };
}

function lines(drill: DrillTimeline, x: (time: number) => number, top: number, bottom: number): string[] {
  return marksOf(drill).flatMap(({ time, says, colour }, index) => {
    const at = x(time);
    const anchor = at > width - 80 ? 'end' : 'start';
    const label = `<text x="${at + (anchor === 'end' ? -3 : 3)}" y="${top + 30 + (index % 2) * 11}" text-anchor="${anchor}" fill="${colour}">${says}</text>`;
    return [`<line x1="${at}" x2="${at}" y1="${top + 22}" y2="${bottom}" stroke="${colour}"/>`, label];
  });
}

/** What is marked in a panel. Where a task's own commands broke something, its end may be the broken state that was wanted. */
function marksOf(drill: DrillTimeline): { time: number; says: string; colour: string }[] {
  const found = drill.lines.flatMap((line) => {
    const mark = marks[textOf(line.type)];
    return mark ? [{ ...mark, time: Date.parse(line.at) }] : [];
  });
  if (drill.zeroIs === undefined) return found;
  const reached = found.map((mark) => (mark.says === 'recovered' ? { ...mark, says: 'reached' } : mark));
  return [{ time: drill.faultAt, says: 'begun', colour: '#54278f' }, ...reached];
}

/** Seconds from the fault, or what stands for it. */
function axis(drill: DrillTimeline, x: (time: number) => number, bottom: number): string[] {
  const seconds = (drill.to - drill.from) / 1000;
  const step = [1, 2, 5, 10, 30, 60, 300, 600].find((candidate) => seconds / candidate <= 12) ?? 1800;
  const first = Math.ceil((drill.from - drill.faultAt) / 1000 / step) * step;
  const ticks: string[] = [];
  for (let at = first; drill.faultAt + at * 1000 <= drill.to; at += step) {
    ticks.push(`<text x="${x(drill.faultAt + at * 1000)}" y="${bottom + 14}" text-anchor="middle">${at} s</text>`);
  }
  return ticks;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Text as XML holds it. */
export const escaped = (text: string): string =>
  text
    // Characters that XML 1.0 has no place for.
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
