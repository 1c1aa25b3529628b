import type { Verdict } from '../checks/verdict.ts';
import { stylesFor, type Look } from './look.ts';
import { hanging, harmless, wrap } from './wrap.ts';

const marks = { met: '✔', unmet: '✖', unknown: '?' } as const;

/** A claim with its verdict: `✔ claim`, or `✖ claim` and what was seen and wanted. Said in words too, for no colour. */
export function verdictLines(claim: string, verdict: Verdict, look: Look): string[] {
  const styles = stylesFor(look);
  const style = { met: styles.good, unmet: styles.bad, unknown: styles.warning }[verdict.kind];
  const mark = look.accessible ? { met: 'Met:', unmet: 'Not met:', unknown: 'Cannot tell:' } : marks;
  const first = `${style(mark[verdict.kind])} `;
  return [...hanging(first, wrap(harmless(claim), look.columns - 2)), ...details(verdict, look)];
}

function details(verdict: Verdict, look: Look): string[] {
  const line = (name: string, text: string) => hanging(`  ${name}: `, wrap(harmless(text), look.columns - 12));
  if (verdict.kind === 'met') return verdict.saw === '' ? [] : line('saw', verdict.saw);
  if (verdict.kind === 'unknown') return line('cannot tell', verdict.why);
  return [...line('saw', verdict.saw), ...line('wanted', verdict.wanted)];
}

/** What a verdict saw, in one line. */
export const lastSeen = (verdict: Verdict): string =>
  harmless(verdict.kind === 'unknown' ? `cannot tell yet: ${verdict.why}` : verdict.saw).replace(/\s+/g, ' ');

/** Remembers verdicts, to leave out what was already said: checks poll several times a second. */
export class News {
  private readonly told = new Map<string, { text: string; kind: string; at: number }>();
  private readonly pauseSeconds: number;

  /** @param pauseSeconds seconds between two lines about the same claim, unless the kind of verdict changed. */
  constructor(pauseSeconds = 5) {
    this.pauseSeconds = pauseSeconds;
  }

  /** Whether this verdict is worth a line of its own. */
  isNews(claim: string, verdict: Verdict): boolean {
    const before = this.told.get(claim);
    const text = lastSeen(verdict);
    if (before?.kind === verdict.kind && (before.text === text || Date.now() - before.at < this.pauseSeconds * 1000)) {
      return false;
    }
    this.told.set(claim, { text, kind: verdict.kind, at: Date.now() });
    return true;
  }

  forget(): void {
    this.told.clear();
  }
}
