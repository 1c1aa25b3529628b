import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Interrupted, messageOf } from '../system/errors.ts';
import { isDiskFull } from './disk.ts';
import { sha256Of } from './manifest.ts';

export interface DownloadOptions {
  /** SHA-256 that the file must have. */
  sha256: string;
  signal?: AbortSignal | undefined;
  /** Seconds without a byte until the connection counts as stalled; default 20. A slow one that moves is never given up. */
  stallSeconds?: number;
  /** How often a broken connection is taken up again; default 3. */
  retries?: number;
  /** Bytes that are there, of how many (undefined where the server does not say). */
  onBytes?: (done: number, total: number | undefined) => void;
}

/** A download that cannot be had: no answer, a wrong status, a wrong checksum. Another source may have it. */
export class DownloadError extends Error {
  /** Whether the server was not reached at all: then its other files are not worth a try. */
  readonly unreachable: boolean;
  constructor(message: string, options: { unreachable?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'DownloadError';
    this.unreachable = options.unreachable ?? false;
  }
}

/** A connection that broke on its way: worth taking up again. */
class Broken extends Error {}

/**
 * Downloads a file and verifies its checksum; goes on where an earlier try ended (`PATH.part`).
 * @throws DownloadError, Interrupted, or the file system's error.
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  const retries = options.retries ?? 3;
  for (let attempt = 0; ; attempt++) {
    try {
      await transfer(url, part, options);
      break;
    } catch (error) {
      if (options.signal?.aborted) throw new Interrupted();
      if (isDiskFull(error)) throw error;
      if (!(error instanceof Broken)) throw error;
      if (attempt >= retries) throw new DownloadError(`${url}: ${error.message}`, { cause: error });
      await sleep(100 * attempt);
    }
  }
  const found = await sha256Of(part, options.signal);
  if (found !== options.sha256) {
    await rm(part, { force: true });
    throw new DownloadError(
      `${url}: wrong checksum (${found.slice(0, 12)}..., expected ${options.sha256.slice(0, 12)}...)`,
    );
  }
  await rename(part, path);
}

/** Fetches a short text, such as a checksum file. @throws DownloadError, Interrupted. */
export async function downloadText(
  url: string,
  options: { signal?: AbortSignal | undefined; stallSeconds?: number } = {},
): Promise<string> {
  const watch = watchForStall(options);
  try {
    const response = await answer(url, {}, watch.signal);
    if (!response.ok) throw new DownloadError(`${url}: HTTP ${response.status}`);
    return await response.text();
  } catch (error) {
    if (options.signal?.aborted) throw new Interrupted();
    if (error instanceof DownloadError) throw error;
    throw new DownloadError(`${url}: ${watch.stalled() ? 'no answer' : reasonOf(error)}`, { cause: error });
  } finally {
    watch.end();
  }
}

async function transfer(url: string, part: string, options: DownloadOptions): Promise<void> {
  const have = await sizeOf(part);
  const watch = watchForStall(options);
  try {
    const response = await answer(url, have > 0 ? { Range: `bytes=${have}-` } : {}, watch.signal);
    // 416: nothing is left to fetch; the checksum tells whether it is the right file.
    if (response.status === 416) {
      await response.body?.cancel();
      return;
    }
    if (!response.ok || !response.body) throw new DownloadError(`${url}: HTTP ${response.status}`);
    const start = response.status === 206 ? have : 0;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = Number.isFinite(length) ? start + length : undefined;
    let done = start;
    // Piece by piece, so that what came before a connection broke is on the disk for the next try.
    const file = await open(part, start > 0 ? 'a' : 'w');
    try {
      for await (const chunk of response.body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>) {
        watch.moved();
        await file.writeFile(chunk);
        done += chunk.length;
        options.onBytes?.(done, total);
      }
    } finally {
      await file.close();
    }
    if (total !== undefined && done < total) throw new Broken(`ended after ${done} of ${total} bytes`);
  } catch (error) {
    if (error instanceof DownloadError || error instanceof Broken || isDiskFull(error)) throw error;
    throw new Broken(watch.stalled() ? `stalled: no byte in ${options.stallSeconds ?? 20} s` : reasonOf(error));
  } finally {
    watch.end();
  }
}

async function answer(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { headers, signal });
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|CONNECT_TIMEOUT/.test(code)) {
      throw new DownloadError(`${new URL(url).host} cannot be reached (${code})`, { unreachable: true, cause: error });
    }
    throw error;
  }
}

/** Aborts when nothing moved for some seconds. */
function watchForStall(options: { signal?: AbortSignal | undefined; stallSeconds?: number }) {
  const controller = new AbortController();
  const timer = setTimeout(
    () => {
      controller.abort(new Error('stalled'));
    },
    (options.stallSeconds ?? 20) * 1000,
  );
  return {
    signal: options.signal ? AbortSignal.any([options.signal, controller.signal]) : controller.signal,
    moved: () => timer.refresh(),
    stalled: () => controller.signal.aborted,
    end: () => {
      clearTimeout(timer);
    },
  };
}

const sizeOf = async (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/** fetch says "fetch failed" and hides why in the cause. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error);
