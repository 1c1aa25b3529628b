/** Where the time and the chance of a rhythm come from; tests give their own. */
export interface Rhythm {
  /** Resolves after so many milliseconds. */
  sleep(milliseconds: number): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

export const humanRhythm: Rhythm = {
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  random: Math.random,
};

/** About 70 words a minute, for somebody who knows what to type. */
const millisecondsPerCharacter = 55;
/** A room waits no longer than this for a command, however long it is. */
const longestSeconds = 6;

/** Milliseconds before each character: words come in bursts, and a new line needs a thought. */
export function pausesBefore(text: string, random: () => number): number[] {
  const characters = Array.from(text);
  const weights = characters.map((_, index) => {
    const before = characters[index - 1];
    const weight = before === '\n' ? 6 : before === ' ' || before === '|' ? 1.8 : 1;
    return weight * (0.5 + random());
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const each = Math.min(millisecondsPerCharacter, (longestSeconds * 1000) / Math.max(1, total));
  return weights.map((weight) => weight * each);
}

/** Writes a text as somebody types it. What is left appears at once when `hurry` is aborted. */
export async function typeOut(
  text: string,
  write: (part: string) => void,
  { rhythm, hurry }: { rhythm: Rhythm; hurry: AbortSignal },
): Promise<void> {
  const characters = Array.from(text);
  const pauses = pausesBefore(text, () => rhythm.random());
  for (const [index, character] of characters.entries()) {
    if (!hurry.aborted) await rhythm.sleep(pauses[index] ?? 0);
    if (hurry.aborted) {
      write(characters.slice(index).join(''));
      return;
    }
    write(character);
  }
}
