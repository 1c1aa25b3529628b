import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A line of apt's sources, as far as it matters here. */
export interface AptSource {
  uri: string;
  suite: string;
  /** `signed-by=…`, `trusted=yes`: what apt on this host believes. */
  options: string[];
}

/**
 * Reads apt's sources in both formats: one line a source (`sources.list(5)`), and deb822 (`*.sources`).
 * Only binary packages of Debian's archives (by the component `main`); sources that are switched off are left out.
 */
export function parseAptSources(text: string, format: 'line' | 'deb822'): AptSource[] {
  return format === 'line' ? parseLines(text) : text.split(/\n\s*\n/).flatMap(parseStanza);
}

function parseLines(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line);
    const [, options = '', uri, suite, components = ''] = match ?? [];
    if (uri === undefined || suite === undefined || !components.split(/\s+/).includes('main')) return [];
    return [{ uri, suite, options: options.split(/\s+/).filter(isKept) }];
  });
}

function parseStanza(stanza: string): AptSource[] {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of stanza.split('\n')) {
    if (line.startsWith('#')) continue;
    const field = /^([\w-]+):\s*(.*)$/.exec(line);
    if (field) {
      last = (field[1] ?? '').toLowerCase();
      fields.set(last, field[2] ?? '');
    } else if (/^\s/.test(line)) {
      fields.set(last, `${fields.get(last) ?? ''}\n${line}`);
    }
  }
  const words = (name: string): string[] => (fields.get(name) ?? '').split(/\s+/).filter((word) => word !== '');
  if (!words('types').includes('deb') || !words('components').includes('main')) return [];
  if (/^(no|false|0)$/i.test(fields.get('enabled') ?? 'yes')) return [];
  const options = [
    // A key written out in the file cannot be passed on in a line: apt's own keys must do.
    ...words('signed-by')
      .filter((word) => word.startsWith('/'))
      .map((word) => `signed-by=${word}`),
    ...words('trusted').map((word) => `trusted=${word}`),
  ];
  return words('uris').flatMap((uri) => words('suites').map((suite) => ({ uri, suite, options })));
}

const isKept = (option: string): boolean => /^(signed-by|trusted)=/.test(option);

/** Every source that apt on this host uses. Files that cannot be read count as absent. */
export async function readAptSources(etcApt = '/etc/apt'): Promise<AptSource[]> {
  const parts = join(etcApt, 'sources.list.d');
  const names = await readdir(parts).catch(() => []);
  const files = [join(etcApt, 'sources.list'), ...names.toSorted().map((name) => join(parts, name))];
  const found = await Promise.all(
    files
      .filter((file) => file.endsWith('.list') || file.endsWith('.sources'))
      .map(async (file) =>
        parseAptSources(await readFile(file, 'utf8').catch(() => ''), file.endsWith('.list') ? 'line' : 'deb822'),
      ),
  );
  return found.flat();
}

/**
 * Lines of apt's sources for a suite of Debian, from the mirrors that this host uses: its own suite may be another.
 * Where the host names none, Debian's own addresses.
 */
export function debianLines(suite: string, sources: readonly AptSource[]): string[] {
  const isSecurity = (source: AptSource): boolean => /-security$|\/updates$/.test(source.suite);
  const isBase = (source: AptSource): boolean => /^(\w+)$/.test(source.suite) && /debian/.test(source.uri);
  const base = sources.find((source) => source.suite === suite) ?? sources.find(isBase);
  const security = sources.find(isSecurity);
  const line = (source: AptSource | undefined, fallback: string, of: string): string => {
    const options = source === undefined || source.options.length === 0 ? '' : `[${source.options.join(' ')}] `;
    return `deb ${options}${source?.uri ?? fallback} ${of} main`;
  };
  const archive = 'http://deb.debian.org/debian';
  const lines = [line(base, archive, suite)];
  if (base === undefined || sources.some((source) => source.suite.endsWith('-updates'))) {
    lines.push(line(base, archive, `${suite}-updates`));
  }
  if (base === undefined || security !== undefined) {
    lines.push(line(security, 'http://deb.debian.org/debian-security', `${suite}-security`));
  }
  return lines;
}
