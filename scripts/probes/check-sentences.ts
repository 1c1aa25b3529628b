import { z } from 'zod';
import { isSample, type TimelineLine } from './timeline.ts';

const lookSchema = z.object({
  claim: z.string(),
  verdict: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('met') }),
    z.object({ kind: z.literal('unmet'), saw: z.string() }),
    z.object({ kind: z.literal('unknown'), why: z.string() }),
  ]),
});
type Look = z.infer<typeof lookSchema>;

/**
 * What the checks of a step tell, as sentences by the line that each one stands at: what is awaited, where that or its
 * verdict has changed and not at every look, and all that is met at once in one sentence.
 */
export function checkSentences(lines: readonly TimelineLine[]): ReadonlyMap<TimelineLine, string> {
  const sentences = new Map<TimelineLine, string>();
  let awaited = '';
  let firstMet: TimelineLine | undefined;
  for (const line of lines.filter((one) => !isSample(one))) {
    const look = lookSchema.safeParse(line).data;
    if (line.type === 'check' && look?.verdict.kind === 'met') {
      firstMet ??= line;
      const before = sentences.get(firstMet);
      sentences.set(firstMet, before === undefined ? `Met: ${look.claim}` : `${before}; ${look.claim}`);
      awaited = '';
      continue;
    }
    firstMet = undefined;
    if (!look) continue;
    const now = `${look.verdict.kind} ${look.claim}`;
    if (line.type === 'check') sentences.set(line, `Not met: ${inWords(look)}`);
    else if (line.type === 'awaiting' && now !== awaited) sentences.set(line, `Awaited: ${inWords(look)}`);
    awaited = now;
  }
  return sentences;
}

function inWords({ claim, verdict }: Look): string {
  if (verdict.kind === 'met') return claim;
  return `${claim}; ${verdict.kind === 'unmet' ? `seen: ${verdict.saw}` : `could not tell: ${verdict.why}`}`;
}
