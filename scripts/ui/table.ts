import type { Styles } from './look.ts';
import { hanging, padTo, visibleWidth, wrap } from './wrap.ts';

const gap = '  ';
const narrowestColumn = 8;

/** A table in columns where it fits, its cells wrapped where it must; else each row as `heading: cell` lines. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
  styles: Styles,
): string[] {
  const widths = columnWidths([head, ...rows], columns);
  if (!widths) return asList(head, rows, columns, styles);
  const rule = widths.map((width) => '-'.repeat(width)).join(gap);
  return [
    ...tableRow(
      head.map((cell) => cell.replace(/[^ \n]+/g, (word) => styles.strong(word))),
      widths,
    ),
    rule,
    ...rows.flatMap((row) => tableRow(row, widths)),
  ];
}

function tableRow(cells: readonly string[], widths: readonly number[]): string[] {
  const wrapped = widths.map((width, index) => wrap(cells[index] ?? '', width));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    widths
      .map((width, index) => padTo(wrapped[index]?.[line] ?? '', width))
      .join(gap)
      .trimEnd(),
  );
}

/** The widths in which every word fits, the widest columns shrunk first; undefined where that is too wide. */
function columnWidths(rows: readonly (readonly string[])[], columns: number): number[] | undefined {
  const count = Math.max(...rows.map((row) => row.length));
  const over = (index: number, widthOf: (cell: string) => number) =>
    Math.max(...rows.map((row) => widthOf(row[index] ?? '')), 1);
  const widths = Array.from({ length: count }, (_, index) => over(index, visibleWidth));
  const least = widths.map((width, index) =>
    Math.min(
      width,
      Math.max(
        narrowestColumn,
        over(index, (cell) => Math.max(...cell.split(/[ \n]/).map(visibleWidth))),
      ),
    ),
  );
  const total = () => widths.reduce((sum, width) => sum + width, gap.length * (count - 1));
  while (total() > columns) {
    const shrinkable = widths.map((width, index) => (width > (least[index] ?? 0) ? width : 0));
    const widest = Math.max(...shrinkable);
    if (widest === 0) return undefined;
    widths[shrinkable.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function asList(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
  styles: Styles,
): string[] {
  return rows.flatMap((row) =>
    row.flatMap((cell, index) => {
      const title = head[index] ?? '';
      const text = title === '' ? cell : `${styles.strong(title)}: ${cell}`;
      return hanging(index === 0 ? '- ' : '  ', wrap(text, columns - 2));
    }),
  );
}
