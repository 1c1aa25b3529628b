import type { Lab } from '../lab/lab.ts';
import { run, type CommandResult } from '../system/run.ts';
import { failedIn, onEach } from './everywhere.ts';
import { machinesOf, type InjectedFault } from './fault.ts';
import { proofScript } from './on-machine.ts';

/** Runs the fault's proof once; exit code 0 while the fault is in force, on all its machines. */
export async function prove(lab: Lab, { id, fault }: InjectedFault, signal?: AbortSignal): Promise<CommandResult> {
  const { onHost } = fault;
  if (onHost) {
    const env = lab.shellEnvironment();
    return run(onHost.proof[0] ?? '', onHost.proof.slice(1), { env, timeoutSeconds: 20, signal });
  }
  const script = proofScript(lab.layout.name, id, fault.proof);
  const proofs = await onEach(lab, machinesOf(fault), () => script, { signal });
  return failedIn(proofs) ?? { exitCode: 0, stdout: '', stderr: '' };
}
