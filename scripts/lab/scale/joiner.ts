import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfThere, writeAtomically } from '../../system/files.ts';
import type { Lab } from '../lab.ts';
import { joins } from '../layout.ts';

const recordSchema = z.object({
  token: z.string().regex(/^[a-z0-9]{6}\.[a-z0-9]{16}$/),
  approval: z.enum(['program', 'person']),
  leaves: z.boolean(),
});

/** What the lab keeps of a machine that joins, for whoever goes on where a run was killed. */
export interface JoinerRecord {
  /** Bootstrap token: an id of 6 and a secret of 16 characters. */
  token: string;
  /** Who approves its certificate requests. */
  approval: 'program' | 'person';
  /** It was told to leave: it is cordoned, and the next run completes it or takes it back. */
  leaves: boolean;
}

const pathOf = (labFolder: string, name: string): string => join(labFolder, 'joiners', `${name}.json`);

/** What was kept of a machine; undefined where there is nothing, or nothing that can be read. */
export async function readJoiner(labFolder: string, name: string): Promise<JoinerRecord | undefined> {
  try {
    const text = await readIfThere(pathOf(labFolder, name));
    return text === undefined ? undefined : recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Keeps what is known of a machine: its token, made once, and what has changed. */
export async function keepJoiner(
  labFolder: string,
  name: string,
  changes: Partial<Omit<JoinerRecord, 'token'>> = {},
): Promise<JoinerRecord> {
  const before = await readJoiner(labFolder, name);
  const now: JoinerRecord = { ...(before ?? { token: newToken(), approval: 'program', leaves: false }), ...changes };
  if (JSON.stringify(now) !== JSON.stringify(before)) {
    await writeAtomically(pathOf(labFolder, name), `${JSON.stringify(now)}\n`, { mode: 0o600 });
  }
  return now;
}

/** Removes what was kept of a machine. The next one of this name gets a token of its own. */
export const forgetJoiner = (labFolder: string, name: string): Promise<void> =>
  rm(pathOf(labFolder, name), { force: true });

/** Names of the machines whose requests a person approves. */
export async function joinersOfAPerson(lab: Pick<Lab, 'layout' | 'folder'>): Promise<string[]> {
  const joiners = lab.layout.machines.filter(joins);
  const kept = await Promise.all(joiners.map(({ name }) => readJoiner(lab.folder, name)));
  return joiners.filter((_, index) => kept[index]?.approval === 'person').map(({ name }) => name);
}

/** The form that Kubernetes asks for (https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/). */
const newToken = (): string => `${letters(6)}.${letters(16)}`;

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
const letters = (count: number): string =>
  Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)] ?? '').join('');
