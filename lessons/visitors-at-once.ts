import { appPaths, askApp } from '../scripts/checks/app.ts';
import type { Lab } from '../scripts/lab/lab.ts';

/** Visitors who ask for the page at the same moment. */
export const visitors = 20;
/** Seconds that each waits for an answer: as on the stage. A late one is not lost. */
const patienceSeconds = 5;

/** How many of them get the page. */
export async function servedAtOnce(lab: Lab): Promise<number> {
  const asked = Array.from({ length: visitors }, () => askApp(lab, appPaths.page, patienceSeconds));
  return (await Promise.all(asked)).filter(({ status }) => status === 200).length;
}
