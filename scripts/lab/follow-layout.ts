import { readFileSync, statSync } from 'node:fs';
import type { Layout } from './layout.ts';

/**
 * A lab's layout as it is at each call: its file is read again after it was replaced. What was rendered before is kept
 * where the file is not there (yet, or any more) or cannot be read: whoever opens the lab says what is wrong with it.
 */
export function followLayout(rendered: Layout, path: string, parse: (text: string) => Layout): () => Layout {
  let known = rendered;
  let knownVersion = '';
  return () => {
    const version = versionOf(path);
    if (version === knownVersion || version === '') return known;
    try {
      known = parse(readFileSync(path, 'utf8'));
      knownVersion = version;
    } catch {
      // The next call tries again.
    }
    return known;
  };
}

/** A file that was renamed into place is another file, even within the same millisecond. */
function versionOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.mtimeMs}` : '';
}
