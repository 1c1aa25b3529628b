/** The first thing that looks like a version: "go version go1.26.8 linux/amd64" gives "1.26.8". */
export const versionIn = (text: string): string | undefined => /\d+\.\d+(?:\.\d+)?/.exec(text)?.[0];

/** Whether a version is the same as another or newer, number by number. */
export function atLeast(version: string, oldest: string): boolean {
  const [have, want] = [version, oldest].map((text) => text.split('.').map(Number));
  for (const [place, number] of (want ?? []).entries()) {
    const ours = have?.[place] ?? 0;
    if (ours !== number) return ours > number;
  }
  return true;
}
