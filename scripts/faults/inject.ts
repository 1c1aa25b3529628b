import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';
import { checkpointPath, takeCheckpoint } from '../lab/repair/checkpoint.ts';
import { FiredrillError } from '../system/errors.ts';
import { thisProcess } from '../system/lock.ts';
import type { CommandResult } from '../system/run.ts';
import { dieAt, dieDuring } from './die-at.ts';
import { failedIn, onEach, type Answer } from './everywhere.ts';
import { machinesOf, wayBackFrom, type Fault, type FaultOptions, type InjectedFault } from './fault.ts';
import { FaultJournal } from './journal.ts';
import { injectOnHost } from './on-host.ts';
import { bootScript, exits, injectScript, workSeconds } from './on-machine.ts';
import { notThisLab, said } from './answers.ts';
import { prove } from './prove.ts';
import { undo } from './undo.ts';

const proofSeconds = 5;

/**
 * Breaks something: journals it, arms the undo on each machine, injects, and proves that it is in force.
 * Where only a reset is the way back, a checkpoint of etcd is taken first. Whatever fails after the journal was written is undone before this throws.
 * @throws FiredrillError `not-this-lab`, `fault-not-injected`, `fault-does-not-bite`, `checkpoint-failed`; and what `Lab.on` throws.
 */
export async function inject(lab: Lab, fault: Fault, options: FaultOptions = {}): Promise<InjectedFault> {
  const { leaseSeconds = 120, signal } = options;
  const name = lab.layout.name;
  const id = randomBytes(4).toString('hex');
  const injected: InjectedFault = { id, fault, lab: name, leaseSeconds, injectedAt: new Date().toISOString() };
  const journal = new FaultJournal(lab.folder);

  const machines = machinesOf(fault);
  // The machines' mark is looked at before anything is written or done.
  const asked = await onEach(lab, machines, () => bootScript(name), { signal });
  const silent = failedIn(asked);
  if (silent) throw notInjected(fault, silent, silent.machine);

  dieAt('before-journal');
  await journal.plan(injected, asked.map(({ stdout }) => stdout.trim()).join(' '), await thisProcess());
  dieAt('after-journal');
  try {
    if (wayBackFrom(fault) === 'reset') await takeCheckpoint(lab, checkpointPath(lab, id));
    const script = injectScript(name, id, fault, leaseSeconds);
    const done = await dieDuring('mid-injection', async (): Promise<Answer[]> =>
      fault.onHost
        ? [{ machine: fault.machine, ...(await injectOnHost(lab, id, fault.onHost, { leaseSeconds, signal })) }]
        : onEach(lab, machines, () => script, { timeoutSeconds: workSeconds, signal }),
    );
    const failed = failedIn(done);
    if (failed) throw notInjected(fault, failed, failed.machine);
    await journal.note(id, 'injected');
    dieAt('injected');
    await proveItBites(lab, injected, signal);
  } catch (error) {
    await giveUp(lab, injected, journal);
    throw error;
  }
  return injected;
}

async function proveItBites(lab: Lab, injected: InjectedFault, signal: AbortSignal | undefined): Promise<void> {
  const deadline = Date.now() + proofSeconds * 1000;
  for (;;) {
    const proof = await prove(lab, injected, signal);
    if (proof.exitCode === 0) return;
    if (Date.now() > deadline) {
      throw new FiredrillError(`It was injected, but it is not in force: ${injected.fault.title}. ${said(proof)}`, {
        code: 'fault-does-not-bite',
        remedy:
          "It was undone. Look at the machine's logs; the lab may be unhealthy: 'firedrill reset' brings it back.",
      });
    }
    await pause(250, undefined, { signal });
  }
}

async function giveUp(lab: Lab, injected: InjectedFault, journal: FaultJournal): Promise<void> {
  try {
    await undo(lab, injected);
  } catch {
    // It stays in the journal and its lease stays armed; the first error is the one to tell.
    await journal.note(injected.id, 'planned', 'could not be undone yet');
  }
}

function notInjected(fault: Fault, result: CommandResult, machine: string): FiredrillError {
  if (result.exitCode === exits.notOurs) return notThisLab(machine);
  return new FiredrillError(`It could not be broken: ${fault.title}. ${said(result)}`, {
    code: 'fault-not-injected',
    remedy: "Nothing is left of it. Look whether the machine is as the lesson expects it: 'firedrill lab status'.",
  });
}
