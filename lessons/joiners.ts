import type { Lab } from '../scripts/lab/lab.ts';

/** Lets workers that joined for a lesson leave again. Asking costs little where none has. */
export async function dismissWorkers(lab: Lab): Promise<void> {
  if (lab.machinesWithRole('worker').length <= 2) return;
  await lab.onHost('npx firedrill lab scale --workers 2', { timeoutSeconds: 240 });
}
