import { firstNotMet, said, type Sighting } from './look.ts';
import type { Page } from './model.ts';

/** How many hints a page has before they are computed from what is seen. */
export const writtenHints = (page: Page): number => page.hints.length;

/**
 * The hint of that tier, from 1: the page's own (observe, direct, near), the last one with the solution; after them one
 * computed from what the checks saw last.
 */
export function hintText(page: Page, tier: number, lastSeen: readonly Sighting[]): string {
  const written = page.hints[tier - 1];
  if (written === undefined) return computedHint(lastSeen);
  return tier === page.hints.length ? [written, ...solutionsOf(page)].join('\n\n') : written;
}

const solutionsOf = (page: Page): string[] =>
  page.commands
    .filter(({ solution }) => solution)
    .map(({ text, on }) => `\`\`\`sh${on ? ` on=${on}` : ''}\n${text}\n\`\`\``);

function computedHint(lastSeen: readonly Sighting[]): string {
  const missing = firstNotMet(lastSeen);
  if (!missing) return 'Nothing is missing any more, as far as was seen last. Wait a moment.';
  const { claim, verdict } = missing;
  if (verdict.kind === 'unmet' && verdict.hint !== undefined) {
    return `Awaited: ${claim}. Right now: ${verdict.saw}. ${verdict.hint}`;
  }
  return `Awaited: ${claim}. Right now: ${said(verdict)}.`;
}
