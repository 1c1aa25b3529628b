import { describe, expect, it } from 'vitest';
import { planLines, planLinesWithoutLab, wayOf } from '../../scripts/commands/reset-words.ts';
import { KubernetesError } from '../../scripts/lab/kubernetes.ts';
import type { EtcdMember, Lab } from '../../scripts/lab/lab.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import { surveyLab, type Survey } from '../../scripts/lab/repair/survey.ts';
import { withWorkers } from '../../scripts/lab/scale/workers.ts';

const booted = createLayout({ name: 'wreck' });

interface Wreck {
  layout?: typeof booted;
  missing?: string[];
  silent?: string[];
  empty?: string[];
  /** Undefined: the API server is silent. */
  namespaces?: string[] | undefined;
  dnsIsGone?: boolean;
}

/** A lab in this state, and what is found of it. `hung` machines let nobody in. */
async function found(wreck: Wreck, hung: string[] = []): Promise<Survey> {
  const { layout = booted, missing = [], silent = [], empty = [], namespaces, dnsIsGone = false } = wreck;
  const items = (names: string[]) => ({ items: names.map((name) => ({ metadata: { name } })) });
  const lab = {
    layout,
    machinesWithRole: (role: 'etcd') => layout.machines.filter(({ roles }) => roles.includes(role)),
    on: (name: string) => {
      if (hung.includes(name)) return new Promise(() => undefined);
      return Promise.resolve({ stdout: '', stderr: '', exitCode: empty.includes(name) ? 1 : 0 });
    },
    etcd: {
      members: () =>
        Promise.resolve(
          ['e1', 'e2', 'e3'].map((name): EtcdMember => ({
            name,
            answers: !silent.includes(name),
            isLeader: name === 'e2' && !silent.includes(name),
          })),
        ),
    },
    kubernetes: {
      get: (path: string) => {
        if (!namespaces) return Promise.reject(new Error('refused'));
        if (path.endsWith('coredns')) {
          return dnsIsGone ? Promise.reject(new KubernetesError(404, 'gone')) : Promise.resolve({});
        }
        return Promise.resolve(items(path.endsWith('persistentvolumes') ? ['pv-1', 'pv-2'] : namespaces));
      },
    },
  };
  const containers = layout.machines
    .filter(({ name }) => !missing.includes(name))
    .map(({ name }) => ({ id: name, machine: name, state: 'running' }));
  return surveyLab(lab as unknown as Lab, () => Promise.resolve(containers));
}

const own = ['default', 'kube-system'];

describe('what a reset finds', () => {
  it.each<[string, Wreck, Partial<Survey>]>([
    ['nothing is wrong', { namespaces: own }, { etcd: 'serves', destroyed: [], joined: [] }],
    [
      'somebody made a namespace',
      { namespaces: [...own, 'mine'] },
      { cluster: { namespaces: ['mine'], volumes: ['pv-1', 'pv-2'] } },
    ],
    ['a machine is gone', { missing: ['w2'], namespaces: own }, { destroyed: ['w2'], etcd: 'serves' }],
    ['two members are stopped', { silent: ['e1', 'e2'] }, { etcd: 'silent', cluster: undefined }],
    ['a member lost its data', { silent: ['e3'], empty: ['e3'], namespaces: own }, { etcd: 'lost' }],
    ['a client deleted all keys', { namespaces: own, dnsIsGone: true }, { etcd: 'emptied' }],
    [
      'a client deleted all keys, and a member is gone',
      { namespaces: own, dnsIsGone: true, silent: ['e3'] },
      { etcd: 'lost' },
    ],
    [
      'a worker joined, and its machine is gone',
      { layout: withWorkers(booted, 3), missing: ['w3'], namespaces: own },
      { destroyed: [], joined: ['w3'] },
    ],
  ])('where %s', async (_, wreck, survey) => {
    expect(await found(wreck)).toMatchObject(survey);
  });

  it('waits for no machine that is hung', async () => {
    expect(await found({ silent: ['e1', 'e2', 'e3'] }, ['e1', 'e2', 'e3'])).toMatchObject({ etcd: 'silent' });
  });
});

describe('what a reset says before it begins', () => {
  const lesson = { number: 3, title: 'Understand the network' };
  const whole: Survey = {
    destroyed: [],
    joined: [],
    etcd: 'serves',
    cluster: { namespaces: [], volumes: ['redis-data'] },
  };
  const nothing = { backup: false, playground: false, since: 'the first boot' };
  const says = (survey: Partial<Survey>, besides = nothing) =>
    planLines(lesson, { layout: booted }, { ...whole, ...survey }, besides).join('\n');

  it('where little is wrong, that objects are put back, and etcd keeps its data', () => {
    expect(says({})).toBe(
      [
        'This brings the lab to the start of lesson 3, Understand the network.',
        "Lost: what you made in the namespace default, and nodes' labels of a lesson, cordons and taints.",
        "Kept: the guestbook's messages, but for those that a lesson asks for, your progress, reports, the bundle.",
        'How: etcd keeps its data, and objects are put back. It takes 4 to 20 seconds.',
      ].join('\n'),
    );
    expect(wayOf(whole)).toBe('objects');
  });

  it('by name, what else is lost', () => {
    const cluster = { namespaces: ['mine', 'yours'], volumes: ['redis-data', 'mine'] };
    const text = says({ cluster, joined: ['w3', 'w4'] }, { ...nothing, backup: true, playground: true });
    for (const lost of [
      'namespaces mine, yours',
      'the PersistentVolumes mine;',
      'w3, w4',
      '$LAB/backup',
      'the playground',
    ]) {
      expect(text).toContain(lost);
    }
    expect(says({ cluster: undefined })).toContain('which the API server does not list now');
  });

  it('where etcd goes back, to when, and that all members do', () => {
    expect(says({ etcd: 'lost' })).toContain('changed on the cluster since the first boot');
    expect(says({ etcd: 'lost' })).toContain('e1, e2, e3 together. It takes 8 to 40 seconds.');
    expect(says({ etcd: 'emptied' })).toContain('changed on the cluster since the first boot');
    expect(says({ etcd: 'emptied' })).toContain('from the checkpoint of the first boot; if');
    expect(says({ etcd: 'silent' })).toContain('unless it finds a leader by itself. It takes 8 to 40 seconds.');
  });

  it('which machines are made anew, and what was on their disks', () => {
    const text = says({ destroyed: ['w1'] });
    expect(text).toContain('what was on the disks of w1');
    expect(text).toContain('w1 made anew from the image; etcd keeps its data');
    expect(text).toContain('10 to 60 seconds');
    expect(text).not.toContain("the guestbook's messages");
  });

  it('where a lesson needs no lab, and there is none, what of it is lost', () => {
    const lines = (playground: boolean) => planLinesWithoutLab({ number: 5, title: 'Play with etcd' }, { playground });
    expect(lines(true)).toEqual([
      'This brings you to the start of lesson 5, Play with etcd. It needs no lab, and there is none.',
      'Lost: what you made in this lesson; the playground, with its keys.',
      'Kept: your progress, reports, the bundle.',
    ]);
    expect(lines(false)[1]).toBe('Lost: what you made in this lesson.');
  });
});
