import { createReadStream } from 'node:fs';
import { link, rename, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FiredrillError, Interrupted } from '../system/errors.ts';
import { packArchive } from './archive.ts';
import { linkTree, stageExport, type ExportOptions } from './export.ts';
import { sha256Of, writeManifest } from './manifest.ts';

export interface ServeOptions extends ExportOptions {
  /** 0: any that is free. */
  port: number;
  host: string;
  signal: AbortSignal;
  onStep: (line: string) => void;
}

/** Name of the exported file on a mirror. */
const archiveName = 'firedrill.tar.gz';

/**
 * Serves the bundle, the machine image and the exported file over HTTP until the signal.
 * @throws FiredrillError `bundle-missing`, `port-taken`, `disk-full`; Interrupted at the end.
 */
export async function serveBundle(options: ServeOptions): Promise<never> {
  const { host, signal, onStep } = options;
  const stage = await stageExport(options);
  const served = join(stage.folder, 'served');
  let server: Server | undefined;
  try {
    await linkTree(join(stage.folder, 'firedrill', 'bundle'), served);
    await link(join(stage.folder, 'firedrill', 'machine-image.tar'), join(served, 'machine-image.tar'));
    const { manifest } = stage;
    if (manifest.machineImageArchive) manifest.machineImageArchive.path = 'machine-image.tar';
    await writeManifest(served, manifest);
    server = await listen(served, options.port, host);
    const { port } = server.address() as AddressInfo;
    for (const address of addresses(host)) {
      onStep(`Others can now run: npx firedrill bundle build --from http://${address}:${port}`);
    }
    onStep(`packing ${archiveName}, for computers without the kit (some minutes)`);
    const archive = join(stage.folder, archiveName);
    await packArchive(stage.folder, 'firedrill', archive, signal);
    const sha256 = await sha256Of(archive, signal);
    await rename(archive, join(served, archiveName));
    for (const address of addresses(host))
      onStep(`Kit and bundle in one file: http://${address}:${port}/${archiveName}`);
    onStep(`sha256 of ${archiveName}: ${sha256}. Ctrl-C ends the mirror.`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
    throw new Interrupted();
  } finally {
    server?.closeAllConnections();
    server?.close();
    await stage.remove();
  }
}

/** Serves the files of a folder, with ranges, so that a broken download goes on. @throws FiredrillError `port-taken`. */
export function listen(folder: string, port: number, host: string): Promise<Server> {
  const server = createServer((request, response) => {
    answer(folder, request, response).catch(() => response.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new FiredrillError(`Port ${port} on ${host} cannot be listened at.`, {
          code: 'port-taken',
          remedy: 'Choose another with --port, or another address with --host.',
          cause: error,
        }),
      );
    });
    server.listen(port, host, () => {
      resolve(server);
    });
  });
}

async function answer(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
  const path = pathOf(request.url ?? '/');
  const found = path === undefined ? undefined : await stat(join(folder, path)).catch(() => undefined);
  if (path === undefined || !found?.isFile()) return void response.writeHead(404).end('There is no such file.\n');
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const start = range ? Number(range[1]) : 0;
  if (start > 0 && start >= found.size) {
    return void response.writeHead(416, { 'Content-Range': `bytes */${found.size}` }).end();
  }
  response.writeHead(range ? 206 : 200, {
    'Content-Type': path.endsWith('.json') ? 'application/json' : 'application/octet-stream',
    'Content-Length': found.size - start,
    'Accept-Ranges': 'bytes',
    ...(range ? { 'Content-Range': `bytes ${start}-${found.size - 1}/${found.size}` } : {}),
  });
  if (request.method === 'HEAD') return void response.end();
  await pipeline(createReadStream(join(folder, path), { start, highWaterMark: 1 << 18 }), response);
}

/** The file that a request asks for; undefined where it leads out of the folder. */
function pathOf(url: string): string | undefined {
  try {
    const path = normalize(decodeURIComponent(new URL(url, 'http://firedrill').pathname));
    if (path.includes('\0') || path.split('/').includes('..')) return undefined;
    return path === '/' ? '/manifest.json' : path;
  } catch {
    return undefined;
  }
}

/** The addresses at which others on the network find this computer. */
export function addresses(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host];
  const all = Object.entries(networkInterfaces())
    // Docker's bridges are no way for others.
    .filter(([name]) => !/^(docker|br-|veth|virbr)/.test(name))
    .flatMap(([, found]) => found ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
  return all.length > 0 ? all : ['127.0.0.1'];
}
