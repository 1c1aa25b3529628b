import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadedLesson } from '../course/model.ts';
import type { Lab } from '../lab/lab.ts';
import { hasRole } from '../lab/layout.ts';
import type { Survey } from '../lab/repair/survey.ts';
import { checkpointOf } from './reset-checkpoint.ts';

/**
 * `objects`: etcd stays as it is; `keys`: it gets back those of its checkpoint; `restore`: it goes back to its checkpoint;
 * `rebuild`: machines are made anew.
 */
export type Way = 'objects' | 'keys' | 'restore' | 'rebuild';

/** What a reset takes on two cores, from the quickest computer to a slow one. */
const lasts: Readonly<Record<Way, string>> = {
  objects: '4 to 20 seconds',
  keys: '6 to 40 seconds',
  restore: '8 to 40 seconds',
  rebuild: '10 to 60 seconds',
};

/** The volume with the guestbook's messages: it may be made anew, and they stay on the disk of its node. */
const messagesVolume = 'redis-data';

/** What else a reset takes away, beside the lab. */
export interface Besides {
  /** Whether somebody keeps snapshots of etcd in `$LAB/backup`. */
  backup: boolean;
  playground: boolean;
  /** When the checkpoint was taken to which etcd goes back where it must, in words. */
  since: string;
}

export async function lookBesides(lab: Lab, lesson: LoadedLesson): Promise<Besides> {
  const [{ placeOf }, { createFaults }] = await Promise.all([
    import('../playground/place.ts'),
    import('../faults/faults.ts'),
  ]);
  // Where the environment names no place for it, none is open.
  const folder = await placeOf(lab.layout.name).then(
    (place) => place.folder,
    () => undefined,
  );
  return {
    backup: existsSync(join(lab.folder, 'backup')),
    playground: folder !== undefined && existsSync(folder),
    since: checkpointOf(lab, lesson, await createFaults(lab).open()).of,
  };
}

/** The cheapest way that is safe for etcd. Of a silent etcd nobody can tell yet: it is restored where it finds no leader. */
export function wayOf({ destroyed, etcd }: Pick<Survey, 'destroyed' | 'etcd'>): Way {
  if (destroyed.length > 0) return 'rebuild';
  return ({ serves: 'objects', emptied: 'keys', silent: 'restore', lost: 'restore' } as const)[etcd];
}

/** What will be lost, what stays, and how a reset goes about it: a paragraph each. */
export function planLines(
  lesson: Pick<LoadedLesson, 'number' | 'title'>,
  lab: Pick<Lab, 'layout'>,
  survey: Survey,
  besides: Besides,
): string[] {
  const stays = [...alwaysKept];
  if (!survey.destroyed.includes('w1')) stays.unshift("the guestbook's messages, but for those that a lesson asks for");
  return [
    `This brings the lab to the start of lesson ${lesson.number}, ${lesson.title}.`,
    `Lost: ${losses(survey, besides).join('; ')}.`,
    `Kept: ${stays.join(', ')}.`,
    `How: ${how(survey, lab, besides)}. It takes ${lasts[wayOf(survey)]}.`,
  ];
}

/** The same where a lesson needs no lab, and there is none. */
export function planLinesWithoutLab(
  lesson: Pick<LoadedLesson, 'number' | 'title'>,
  { playground }: Pick<Besides, 'playground'>,
): string[] {
  const lost = ['what you made in this lesson', ...lostPlayground(playground)];
  return [
    `This brings you to the start of lesson ${lesson.number}, ${lesson.title}. It needs no lab, and there is none.`,
    `Lost: ${lost.join('; ')}.`,
    `Kept: ${alwaysKept.join(', ')}.`,
  ];
}

const alwaysKept: readonly string[] = ['your progress', 'reports', 'the bundle'];
const lostPlayground = (isOpen: boolean): string[] => (isOpen ? ['the playground, with its keys'] : []);

function losses({ joined, destroyed, etcd, cluster }: Survey, { backup, playground, since }: Besides): string[] {
  const changedSince = `all else that was changed on the cluster since ${since}`;
  const some = (names: readonly string[], what: string) => (names.length === 0 ? [] : [`${what} ${names.join(', ')}`]);
  return [
    "what you made in the namespace default, and nodes' labels of a lesson, cordons and taints",
    ...(cluster === undefined
      ? ['other namespaces and PersistentVolumes, which the API server does not list now']
      : [
          ...some(cluster.namespaces, 'with all that is in them, the namespaces'),
          ...some(
            cluster.volumes.filter((name) => name !== messagesVolume),
            'the PersistentVolumes',
          ),
        ]),
    ...some(joined, 'the workers that joined,'),
    ...some(destroyed, 'what was on the disks of'),
    ...{
      serves: [],
      silent: [`where etcd finds no leader, ${changedSince}`],
      emptied: [changedSince],
      lost: [changedSince],
    }[etcd],
    ...(backup ? ['your backups of etcd in $LAB/backup'] : []),
    ...lostPlayground(playground),
  ];
}

function how({ destroyed, etcd }: Survey, { layout }: Pick<Lab, 'layout'>, { since }: Besides): string {
  const members = layout.machines.filter((machine) => hasRole(machine, 'etcd')).map(({ name }) => name);
  const anew = destroyed.length === 0 ? '' : `${destroyed.join(', ')} made anew from the image; `;
  const all = members.join(', ');
  const restored = `etcd is restored from the checkpoint of ${since}, ${all} together`;
  const etcdGets = {
    serves: 'etcd keeps its data, and objects are put back',
    emptied: `etcd gets back its keys, which are gone, from the checkpoint of ${since}; if its disks were lost as well, it is restored, ${all} together`,
    silent: `${restored}, unless it finds a leader by itself`,
    lost: restored,
  };
  return `${anew}${etcdGets[etcd]}`;
}
