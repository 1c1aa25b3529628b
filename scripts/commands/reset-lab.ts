import type { Check } from '../checks/verdict.ts';
import type { KeptApp, Lesson, LoadedLesson } from '../course/model.ts';
import type { ActionReporter } from '../lab/acting.ts';
import type { Lab } from '../lab/lab.ts';

/** Seconds that a state is given at least. */
const leastSeconds = 120;

interface ResetOptions {
  signal: AbortSignal;
  reporter: ActionReporter;
  /** Whether a survey found etcd emptied: see `RepairOptions`. */
  isEmptied?: boolean;
}

/**
 * Repairs the lab and brings it to the lesson's baseline.
 * @returns what had to be mended.
 * @throws FiredrillError `waited-in-vain`, and what `repairLab` throws.
 */
export async function resetLab(
  lab: Lab,
  lesson: LoadedLesson,
  { signal, reporter, isEmptied = false }: ResetOptions,
): Promise<string[]> {
  const [
    { acting },
    { anApiServerServes, awaitApiServers, awaitDns },
    { createFaults },
    { checkpointOf },
    { repairLab },
    { keepStart },
    { noteBegun },
    { patienceFor },
    { waitUntil },
  ] = await Promise.all([
    import('../lab/acting.ts'),
    import('../lab/health.ts'),
    import('../faults/faults.ts'),
    import('./reset-checkpoint.ts'),
    import('../lab/repair/repair.ts'),
    import('../course/keep-start.ts'),
    import('../course/begun.ts'),
    import('./lesson-lab.ts'),
    import('../system/wait.ts'),
  ]);
  const act = acting(reporter, signal);
  const patienceSeconds = Math.max(leastSeconds, await patienceFor(lab));
  const faults = createFaults(lab);
  const open = await faults.open();
  // What cannot be undone is replaced below.
  if (open.length > 0) await act(`Undo ${open.length} open faults`, () => faults.undoAll());
  const { path: checkpoint } = checkpointOf(lab, lesson, open);
  const mended = [
    ...open.map(({ fault }) => fault.title),
    ...(await repairLab(lab, { signal, reporter, checkpoint, patienceSeconds, isEmptied })),
  ];
  await faults.closeAfterReset();
  const { keeps, prepare, baseline } = lesson.definition;
  const later: Promise<void>[] = [];
  const kept = await act('Remove what the lessons left', async () => {
    // Where none serves, a clean-up takes it that there is nothing to remove.
    await waitUntil(() => anApiServerServes(lab), {
      what: 'an API server serves',
      deadlineSeconds: patienceSeconds,
      signal,
    });
    const isReady = awaitApiServers(lab, { deadlineSeconds: patienceSeconds, signal });
    const [found] = await Promise.all([removeLeft(lab, keeps, (work) => later.push(work)), isReady]);
    return found;
  });
  const keepsApp = kept !== undefined;
  await noteBegun(lab, lesson);
  if (prepare) await act(`Prepare lesson ${lesson.number}`, () => prepare(lab, { keepsApp }));
  // By now it had its time: it starts while the app does.
  await act('Wait for DNS from a pod', () => awaitDns(lab, { deadlineSeconds: patienceSeconds, signal }));
  await act('Prove its baseline', async () => {
    await Promise.all(later);
    await proveBaseline(lab, lesson, [...baseline, ...(kept?.proof ?? [])], {
      signal,
      deadlineSeconds: patienceSeconds,
      remedy: "Run 'npx firedrill lab destroy' and 'npx firedrill lab up'.",
    });
    await keepStart(lab, lesson.definition);
  });
  return mended;
}

/** @returns the app of the lesson, where it is as it was made: it stays. */
async function removeLeft(
  lab: Lab,
  keeps: Lesson['keeps'],
  later: (work: Promise<void>) => void,
): Promise<KeptApp | undefined> {
  const [{ loadLessons }, { removeLeftovers }] = await Promise.all([
    import('../course/load.ts'),
    import('../lab/repair/leftovers.ts'),
  ]);
  const found = await keeps?.(lab);
  const options = { keepsApp: found !== undefined, later };
  // Each lesson removes what is its own, so that none waits for another.
  await Promise.all((await loadLessons()).map(async ({ definition }) => definition.cleanUp?.(lab, options)));
  await removeLeftovers(lab, found);
  return found;
}

/**
 * The same for a lesson that needs no lab, where there is none: only what it made itself can be in its way.
 * @throws FiredrillError `waited-in-vain`, and what the lesson throws.
 */
export async function resetWithoutLab(
  lab: Lab,
  lesson: LoadedLesson,
  { signal, reporter }: ResetOptions,
): Promise<string[]> {
  const { acting } = await import('../lab/acting.ts');
  const act = acting(reporter, signal);
  const { cleanUp, prepare, baseline } = lesson.definition;
  if (cleanUp) await act('Remove what the lesson left', () => cleanUp(lab));
  if (prepare) await act(`Prepare lesson ${lesson.number}`, () => prepare(lab));
  const remedy = "Look at what 'npx firedrill doctor' says of this computer.";
  await act('Prove its baseline', () => proveBaseline(lab, lesson, baseline, { signal, remedy }));
  return [];
}

/** @throws FiredrillError `waited-in-vain`. */
async function proveBaseline(
  lab: Lab,
  { number }: Pick<LoadedLesson, 'number'>,
  checks: readonly Check[],
  { signal, remedy, deadlineSeconds = leastSeconds }: { signal: AbortSignal; remedy: string; deadlineSeconds?: number },
): Promise<void> {
  const [{ waitUntil }, { lookAtAll, firstNotMet, said }] = await Promise.all([
    import('../system/wait.ts'),
    import('../course/look.ts'),
  ]);
  let saw = '';
  // What was met once is looked at again when the rest is met, too: some looks cost as much as what is awaited needs to come.
  let open = checks;
  const look = async (): Promise<boolean> => {
    const sightings = await lookAtAll(open, lab, signal);
    const missing = firstNotMet(sightings);
    saw = missing ? `${missing.claim}: ${said(missing.verdict)}` : '';
    const lookedAtAll = open === checks;
    open = missing ? open.filter((_, index) => sightings[index]?.verdict.kind !== 'met') : checks;
    return missing === undefined && lookedAtAll;
  };
  await waitUntil(look, {
    what: `the baseline of lesson ${number}`,
    deadlineSeconds,
    signal,
    saw: () => saw,
    remedy,
  });
}
