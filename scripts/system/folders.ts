import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const home = (): string => process.env['HOME'] || homedir();

function xdg(variable: string, fallback: string): string {
  const value = process.env[variable];
  // The XDG specification: a relative path is invalid and ignored.
  return value?.startsWith('/') ? value : join(home(), fallback);
}

/** Cache that can be made again: the bundle and the machine image. Shared by checkouts. */
export const cacheFolder = (): string => join(xdg('XDG_CACHE_HOME', '.cache'), 'firedrill');

/** What must not be lost: labs, progress, reports, logs. */
export const stateFolder = (): string => join(xdg('XDG_STATE_HOME', '.local/state'), 'firedrill');

/** State of one lab: certificates, kubeconfig, cloud-config, fault journal. */
export const labFolder = (labName: string): string => join(stateFolder(), 'labs', labName);

/** The checkout that this program runs from. */
export const checkoutFolder: string = resolve(dirname(import.meta.dirname), '..');
