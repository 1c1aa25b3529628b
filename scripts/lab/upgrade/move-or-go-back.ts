import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FiredrillError, messageOf } from '../../system/errors.ts';
import { readIfThere, writeAtomically } from '../../system/files.ts';
import { uncordonNode } from './drain.ts';
import { lookAtNode, measure, runsAsWanted, type Measured, type NodeSeen } from './measure.ts';
import { moveNode } from './move.ts';
import { otherThan, type Minor } from './on-machine.ts';
import { judgeMove } from './skew.ts';
import type { Upgrade } from './upgrade.ts';

/**
 * Moves a node, or takes it back to the minor that it had where it is not Ready in time. A node that ran this minor before
 * is not taken anywhere: another version would not help it.
 * @returns seconds until it was Ready.
 * @throws FiredrillError `upgrade-rolled-back`, `rollback-failed`, `not-ready-in-time`, `cannot-tell`.
 */
export async function moveOrGoBack(work: Upgrade, before: Measured): Promise<number> {
  const { lab, name, to, signal } = work;
  // Kept until the node is Ready: the next run after a crash knows that this version is new here.
  const record = join(lab.folder, 'upgrades', name);
  const isNew = !runsAsWanted(before) || (await readIfThere(record)) === to;
  if (isNew) await writeAtomically(record, to);
  try {
    const seconds = await moveTo(work, to, before);
    await rm(record, { force: true });
    return seconds;
  } catch (error) {
    signal?.throwIfAborted();
    if (!isNew || !(error instanceof FiredrillError) || error.code !== 'not-ready-in-time') throw error;
    const kubelet = await goBack(work, error);
    await rm(record, { force: true });
    throw new FiredrillError(`${error.message}. It was taken back, and is Ready with kubelet ${kubelet}.`, {
      code: 'upgrade-rolled-back',
      remedy: error.remedy,
      exitCode: 1,
    });
  }
}

/** The same way, to the other minor. @returns the version of its kubelet. */
async function goBack(work: Upgrade, failed: FiredrillError): Promise<string> {
  const { lab, name, to, signal } = work;
  const minor = otherThan(to);
  try {
    const now = await measure(lab, name, minor, signal);
    requireAllowed(name, now);
    await moveTo({ ...work, readyWithinSeconds: work.backWithinSeconds }, minor, now);
    await uncordonOurs(work);
    return now.wanted.kubelet.text;
  } catch (error) {
    signal?.throwIfAborted();
    throw new FiredrillError(`${failed.message}. It could not be taken back either: ${messageOf(error)}`, {
      code: 'rollback-failed',
      remedy: `Read why: 'npx firedrill lab logs ${name} kubelet'. 'npx firedrill reset' brings the machine back.`,
      cause: error,
    });
  }
}

async function moveTo(work: Upgrade, minor: Minor, before: Measured): Promise<number> {
  const { lab, name, readyWithinSeconds, signal, act } = work;
  const startedAt = Date.now();
  const title = `Restart kubelet and kube-proxy as ${before.wanted.kubelet.text}, Ready within ${readyWithinSeconds} s`;
  await act(title, () => moveNode(lab, name, { minor, before, readyWithinSeconds, signal }));
  return Math.round((Date.now() - startedAt) / 100) / 10;
}

/** Ends a cordon of ours, of this run or of one that was killed. @returns the node as it is then. */
export async function uncordonOurs({ lab, name, signal, act }: Upgrade): Promise<NodeSeen> {
  const node = await lookAtNode(lab, name, signal);
  if (!node.cordonedByUs) return node;
  await act(`Let ${name} take pods again`, () => uncordonNode(lab, name, signal));
  return { ...node, cordoned: false, cordonedByUs: false };
}

/** @throws FiredrillError `skew-refused`, with the rule and its link. */
export function requireAllowed(name: string, { apiServers, wanted }: Measured): void {
  const judgement = judgeMove({ apiServers, wanted });
  if (judgement.allowed) return;
  const { rule, saw, link } = judgement;
  throw new FiredrillError(`${name} may not run that version. ${rule} Measured: ${saw}.`, {
    code: 'skew-refused',
    remedy: `Nothing was changed. The rule: ${link}`,
    exitCode: 1,
  });
}
