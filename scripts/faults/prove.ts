import type { Lab } from '../lab/lab.ts';
import { run, type CommandResult } from '../system/run.ts';
import type { InjectedFault } from './fault.ts';
import { proofScript } from './on-machine.ts';

/** Runs the fault's proof once; exit code 0 while the fault is in force. */
export function prove(lab: Lab, { id, fault }: InjectedFault, signal?: AbortSignal): Promise<CommandResult> {
  const { onHost } = fault;
  return onHost
    ? run(onHost.proof[0] ?? '', onHost.proof.slice(1), { env: lab.shellEnvironment(), timeoutSeconds: 20, signal })
    : lab.on(fault.machine, proofScript(lab.layout.name, id, fault.proof), { signal });
}
