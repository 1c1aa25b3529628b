import { join } from 'node:path';
import type { Lab } from '../lab/lab.ts';
import { FiredrillError } from '../system/errors.ts';
import { takeLock } from '../system/lock.ts';

/**
 * Lets one stage run on a lab: two would double the load, and each would tell of both. A stage that was killed does not
 * count.
 * @returns what gives it back. @throws FiredrillError `stage-runs`.
 */
export const takeStage = (lab: Pick<Lab, 'folder'>): Promise<() => Promise<void>> =>
  takeLock(join(lab.folder, 'stage.lock'), {
    onWait: ({ pid, since }) => {
      throw new FiredrillError(`A stage runs on this lab already (process ${pid}, since ${since}).`, {
        code: 'stage-runs',
        remedy: `End it with q where it is shown, or with Ctrl-C; where you cannot find it: 'kill ${pid}'.`,
      });
    },
  });
