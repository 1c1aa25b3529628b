import { join } from 'node:path';
import type { LoadedLesson } from '../course/model.ts';
import type { Lab } from '../lab/lab.ts';
import { createLayout, type Layout } from '../lab/layout.ts';
import { FiredrillError } from '../system/errors.ts';
import { checkoutFolder, labFolder } from '../system/folders.ts';
import { run } from '../system/run.ts';

/** Stands in where a lesson needs no lab and there is none: commands run on the host, and all else says that it is missing. */
export function noLab(name: string): Lab {
  const missing = (): FiredrillError =>
    new FiredrillError(`There is no lab '${name}' yet.`, {
      code: 'lab-missing',
      remedy: "Run 'npx firedrill lab up': it boots one.",
    });
  const refuse = (): Promise<never> => Promise.reject(missing());
  const layout: Layout = { ...createLayout({ name }), machines: [] };
  // Pages say `firedrill`, as in the shell of a lab.
  const path = `${join(checkoutFolder, 'scripts')}:${process.env['PATH'] ?? '/usr/bin:/bin'}`;
  const environment = { PATH: path, FIREDRILL_LAB: name };
  return {
    layout,
    folder: labFolder(name),
    machine: () => {
      throw missing();
    },
    machinesWithRole: () => [],
    on: refuse,
    onHost: (command, options = {}) =>
      run('bash', ['-c', command], {
        env: environment,
        cwd: checkoutFolder,
        timeoutSeconds: options.timeoutSeconds,
        signal: options.signal,
        input: options.input,
        onLine: options.onLine,
      }),
    shellEnvironment: () => environment,
    kubernetes: {
      get: refuse,
      remove: refuse,
      ready: () => Promise.resolve(false),
      servers: () => Promise.resolve([]),
      pathsOf: refuse,
      apply: refuse,
      config: refuse,
      core: refuse,
    },
    etcd: { members: refuse, ctl: refuse, call: refuse },
  };
}

/** Whether a lab is a stand-in: each other one has machines. */
export const isStandIn = ({ layout }: Pick<Lab, 'layout'>): boolean => layout.machines.length === 0;

/** The lab, up or not, or its stand-in where there is none and the lesson needs none. @throws FiredrillError `lab-missing`. */
export async function labAsItIs(lesson: LoadedLesson, name: string): Promise<Lab> {
  const { openLab, readLayout } = await import('../lab/open.ts');
  if (lesson.definition.needs === 'none' && !(await readLayout(name))) return noLab(name);
  return openLab(name);
}
