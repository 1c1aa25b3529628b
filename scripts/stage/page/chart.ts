// Draws history as SVG. It runs in the browser.

import { svg } from '../../page/dom.ts';
import { pathOf, roundUp, secondMs, xOf, yOf, type Drawn, type Frame } from './scale.ts';

/** A moment at which something happened. */
export interface Mark {
  at: number;
  says: string;
  kind: string;
}

/** Tallest a picture of latencies is, at least: a millisecond more or less is nothing to see. */
const leastLatencyMs = 10;

/** Requests: a column for every second, what was answered below, what failed above it in another colour. */
export function drawRequests(
  picture: SVGSVGElement,
  seconds: readonly Drawn[],
  marks: readonly Mark[],
  span: Span,
): void {
  const most = roundUp(Math.max(10, ...seconds.map(({ answered, failed }) => answered + failed)) * 1.02);
  const frame = frameOf(picture, span, most);
  const columns = seconds.flatMap(({ at, seconds: length = 1, answered, failed }) => {
    const x = Math.max(frame.left, xOf(frame, at));
    const width = Math.max(1, xOf(frame, at + length * secondMs) - x - 0.3);
    const [low, high] = [yOf(frame, answered), yOf(frame, answered + failed)];
    // One lost request of thousands must be seen from the last row.
    const height = failed > 0 ? Math.max(4, low - high) : 0;
    return [
      svg('rect', { x, y: low, width, height: Math.max(0, frame.bottom - low), class: 'answered' }),
      ...(failed > 0 ? [svg('rect', { x, y: low - height, width, height, class: 'lost' })] : []),
    ];
  });
  picture.replaceChildren(...axes(frame, (value) => value.toLocaleString('en-US')), ...columns, ...lines(frame, marks));
}

export function drawLatency(picture: SVGSVGElement, seconds: readonly Drawn[], span: Span): void {
  const answering = seconds.filter(({ answered }) => answered > 0);
  const most = roundUp(Math.max(leastLatencyMs, ...answering.map(({ p99Ms }) => p99Ms)));
  const frame = frameOf(picture, span, most);
  const gapMs = 2 * secondMs * (answering[0]?.seconds ?? 1);
  const curve = (name: string, value: (second: Drawn) => number): SVGElement => {
    const points = answering.map((second) => ({ at: Math.max(frame.from, second.at), value: value(second) }));
    return svg('path', { class: name, d: pathOf(frame, points, gapMs) });
  };
  picture.replaceChildren(
    ...axes(frame, (value) => `${value.toLocaleString('en-US')} ms`),
    curve('p99', ({ p99Ms }) => p99Ms),
    curve('p50', ({ p50Ms }) => p50Ms),
  );
}

/** What is drawn: up to when, and how many seconds before that. */
export interface Span {
  to: number;
  seconds: number;
}

function frameOf(picture: SVGSVGElement, { to, seconds }: Span, most: number): Frame {
  const { width, height } = picture.viewBox.baseVal;
  return { left: 90, right: width - 10, top: 14, bottom: height - 28, from: to - seconds * secondMs, to, most };
}

function axes(frame: Frame, words: (value: number) => string): SVGElement[] {
  const { left, right, top, bottom, from, to, most } = frame;
  const rows = [0, most / 2, most].flatMap((value) => {
    const y = yOf(frame, value);
    return [
      svg('line', { x1: left, x2: right, y1: y, y2: y, class: 'grid' }),
      svg('text', { x: left - 8, y: y + 7, 'text-anchor': 'end' }, words(value)),
    ];
  });
  const ago = (seconds: number): string =>
    seconds === 0 ? 'now' : seconds < 120 ? `-${seconds} s` : `-${seconds / 60} min`;
  const times = [1, 0.5, 0].map((share) => {
    const seconds = Math.round(((to - from) / secondMs) * share);
    const anchor = share === 1 ? 'start' : share === 0 ? 'end' : 'middle';
    return svg('text', { x: xOf(frame, to - seconds * secondMs), y: bottom + 22, 'text-anchor': anchor }, ago(seconds));
  });
  return [...rows, ...times, svg('line', { x1: left, x2: left, y1: top, y2: bottom, class: 'grid' })];
}

/** A line for everything that happened, with its words for whoever points at it. */
function lines(frame: Frame, marks: readonly Mark[]): SVGElement[] {
  const inside = marks.filter(({ at }) => at >= frame.from && at <= frame.to);
  return inside.map(({ at, says, kind }) => {
    const x = xOf(frame, at);
    const line = svg('line', { x1: x, x2: x, y1: frame.top, y2: frame.bottom, class: `mark ${kind}` });
    line.append(svg('title', {}, says));
    return line;
  });
}
