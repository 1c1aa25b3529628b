import { readdir, readFile } from 'node:fs/promises';
import { statOf } from '../system/proc-stat.ts';

/**
 * Ends Vagrants of a lab that outlived the firedrill that ran them. One whose output nobody reads any more may hang for
 * ever, with a machine locked. Call it only with the lab's lock: then no other firedrill has one at work.
 * Does nothing where there is no /proc.
 * @param environment how firedrill runs Vagrant for this lab: `vagrantEnvironment`
 * @returns how many were ended
 */
export async function endOrphans(environment: Readonly<Record<string, string>>): Promise<number> {
  const entries = await readdir('/proc').catch(() => []);
  let ended = 0;
  for (const entry of entries.filter((name) => /^\d+$/.test(name))) {
    if (!(await isOrphan(entry, environment))) continue;
    try {
      process.kill(Number(entry), 'SIGKILL');
      ended += 1;
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return ended;
}

async function isOrphan(pid: string, environment: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    if (!words.slice(0, 2).some((word) => /(^|\/)vagrant$/.test(word))) return false;
    const variables = new Set((await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0'));
    if (!Object.entries(environment).every(([name, value]) => variables.has(`${name}=${value}`))) return false;
    const parent = (await statOf(pid))?.[1];
    return parent !== undefined && parent !== String(process.pid);
  } catch {
    // Ended, or somebody else's.
    return false;
  }
}
