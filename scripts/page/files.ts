import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';

export type PageFiles = ReadonlyMap<string, { type: string; body: string }>;

/** What all pages share. Scripts import `../../page/dom.ts`, which a browser resolves to the path here. */
const shared = ['dom.ts', 'base.css'].map((name) => ({ path: `/page/${name}`, file: join(import.meta.dirname, name) }));

/**
 * The files of a page's folder, by the path at which they are served: `index.html` at `/`, with the head of all pages and
 * the token in it, and the others under their names. Scripts are TypeScript: the types are taken off, as Node does for
 * the program.
 */
export async function readPage(folder: string, token: string): Promise<PageFiles> {
  const names = (await readdir(folder)).filter((name) => /\.(html|css|ts)$/.test(name));
  const head = (await readFile(join(import.meta.dirname, 'head.html'), 'utf8')).replace('{{token}}', token);
  const own = names.map((name) => ({ path: name === 'index.html' ? '/' : `/${name}`, file: join(folder, name) }));
  return new Map(
    await Promise.all(
      [...own, ...shared].map(async ({ path, file }) => {
        const text = await readFile(file, 'utf8');
        return [path, servedAs(file, text, head)] as const;
      }),
    ),
  );
}

function servedAs(file: string, text: string, head: string): { type: string; body: string } {
  if (file.endsWith('.ts')) return { type: 'text/javascript; charset=utf-8', body: stripTypeScriptTypes(text) };
  if (file.endsWith('.css')) return { type: 'text/css; charset=utf-8', body: text };
  return { type: 'text/html; charset=utf-8', body: text.replace('<!-- {{head}} -->', head) };
}
