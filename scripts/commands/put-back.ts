import type { DrillFaults } from '../course/run.ts';
import type { Ui } from '../course/ui.ts';

/** A program that was killed in a drill leaves a fault behind: no lesson starts on it. */
export async function putBackWhatIsBroken(faults: Pick<DrillFaults, 'undoAll'>, ui: Pick<Ui, 'emit'>): Promise<void> {
  for (const { injected, outcome, error } of await faults.undoAll()) {
    if (error) throw error;
    const { title, machine } = injected.fault;
    ui.emit({ type: 'fault-undone', title, machine, by: outcome === 'already' ? 'lease' : 'program' });
  }
}
