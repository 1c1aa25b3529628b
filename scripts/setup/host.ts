import { access, constants, statfs } from 'node:fs/promises';
import { freemem, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { isFree } from '../lab/docker.ts';
import { availableMemory } from '../lab/memory.ts';
import { readIfThere } from '../system/files.ts';
import { run, type CommandResult, type RunOptions } from '../system/run.ts';

/** This computer, as far as setup and doctor look at it. Tests give a made-up one. */
export interface Host {
  platform: string;
  /** As Node names it: `x64`, `arm64`. */
  arch: string;
  userName: string;
  /** Whether the program runs as root. */
  root: boolean;
  /** Whether somebody could type a password. */
  terminal: boolean;
  /** Any exit code is returned; throws FiredrillError `command-missing`, `command-timed-out`. */
  run(file: string, args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Full path of a program, looked for in PATH and in the folders of root's programs; a full path is looked at itself. */
  find(program: string): Promise<string | undefined>;
  /** Text of a file; undefined where it is missing or may not be read. */
  read(path: string): Promise<string | undefined>;
  freeMemoryBytes(): Promise<number>;
  /** Of the file system that a folder is, or would be, on. */
  freeDiskBytes(folder: string): Promise<number>;
  /** Whether a server could listen on 127.0.0.1 at this port. */
  isPortFree(port: number): Promise<boolean>;
  /** Whether any HTTP answer comes from an address within some seconds. */
  reaches(url: string): Promise<boolean>;
}

export const thisHost: Host = {
  platform: process.platform,
  arch: process.arch,
  userName: userInfo().username,
  root: process.getuid?.() === 0,
  terminal: process.stdin.isTTY && process.stdout.isTTY,
  run,
  find,
  read: (path) => readIfThere(path).catch(() => undefined),
  freeMemoryBytes: async () => (await availableMemory()) ?? freemem(),
  freeDiskBytes,
  isPortFree: isFree,
  reaches,
};

async function find(program: string): Promise<string | undefined> {
  // An ordinary user of Debian has no /usr/sbin in PATH; dockerd and iptables live there.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  const paths = program.startsWith('/')
    ? [program]
    : folders.filter((folder) => folder.startsWith('/')).map((folder) => join(folder, program));
  for (const path of paths) {
    const runnable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runnable) return path;
  }
  return undefined;
}

async function freeDiskBytes(folder: string): Promise<number> {
  for (let path = folder; ; path = join(path, '..')) {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch (error) {
      if (path === '/') throw error;
    }
  }
}

async function reaches(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(4000) });
    return true;
  } catch {
    return false;
  }
}
