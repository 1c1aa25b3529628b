import type { Lab } from '../lab.ts';
import type { Machine } from '../layout.ts';

/** Runs a script on several machines at once, and waits for all. How it ends there does not matter. */
export async function onAll(
  lab: Pick<Lab, 'on'>,
  machines: readonly Machine[],
  script: string,
  signal?: AbortSignal,
): Promise<void> {
  await Promise.all(machines.map(({ name }) => lab.on(name, script, { signal, timeoutSeconds: 30 })));
}
