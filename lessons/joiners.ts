import type { Lab } from '../scripts/lab/lab.ts';

/** Lets workers that joined for a lesson leave again. Asking costs little where none has. */
export async function dismissWorkers(lab: Lab): Promise<void> {
  if (lab.machinesWithRole('worker').length <= 2) return;
  const { exitCode, stderr } = await lab.onHost('npx firedrill lab scale --workers 2', { timeoutSeconds: 240 });
  if (exitCode !== 0) throw new Error(`workers that joined could not leave: ${stderr.trim()}`);
}
