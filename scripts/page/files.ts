import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';

export type PageFiles = ReadonlyMap<string, { type: string; body: string }>;

/** What the scripts of all pages share: they import it as `../../page/dom.ts`, which a browser resolves to this. */
const shared = { path: '/page/dom.ts', file: join(import.meta.dirname, 'dom.ts') };

/**
 * The files of a page's folder, by the path at which they are served: `index.html` at `/`, with the token in it, and
 * the others under their names. Scripts are TypeScript: the types are taken off, as Node does for the program.
 */
export async function readPage(folder: string, token: string): Promise<PageFiles> {
  const names = (await readdir(folder)).filter((name) => /\.(html|css|ts)$/.test(name));
  const own = names.map((name) => ({ path: name === 'index.html' ? '/' : `/${name}`, file: join(folder, name) }));
  return new Map(
    await Promise.all(
      [...own, shared].map(async ({ path, file }) => {
        const text = await readFile(file, 'utf8');
        return [path, servedAs(file, text, token)] as const;
      }),
    ),
  );
}

function servedAs(file: string, text: string, token: string): { type: string; body: string } {
  if (file.endsWith('.ts')) return { type: 'text/javascript; charset=utf-8', body: stripTypeScriptTypes(text) };
  if (file.endsWith('.css')) return { type: 'text/css; charset=utf-8', body: text };
  return { type: 'text/html; charset=utf-8', body: text.replace('{{token}}', token) };
}
