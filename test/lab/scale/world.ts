import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Lab } from '../../../scripts/lab/lab.ts';
import { createLayout, joins, type Layout, type Machine } from '../../../scripts/lab/layout.ts';
import { followLayout } from '../../../scripts/lab/follow-layout.ts';
import { keepJoiner } from '../../../scripts/lab/scale/joiner.ts';
import type { ActionReporter } from '../../../scripts/lab/acting.ts';
import { FakeCluster } from './fake-cluster.ts';

/** Docker, as far as it is asked: a file a container with its state, a file a volume. */
const docker = `#!/bin/sh
cd "$(dirname "$0")/.."
case "$1 $2" in
  "volume create") shift 2; for last; do :; done; : > "volumes/$last" ;;
  "volume rm") shift 3; for v; do rm -f "volumes/$v"; done ;;
  "volume inspect") shift 4; for v; do echo "/volumes/$v/_data"; done ;;
  "network ls") echo network ;;
  "ps --all")
    case "$*" in *helper*) exit 0 ;; esac
    for c in containers/*; do [ -e "$c" ] && printf 'id-%s\\t%s\\t%s\\n' "\${c#*/}" "\${c#*/}" "$(cat "$c")"; done ;;
  kill*) shift; for id; do echo exited > "containers/\${id#id-}"; done ;;
  rm*) shift; for id; do case $id in id-*) rm -f "containers/\${id#id-}" ;; esac; done ;;
esac
exit 0`;

/** Vagrant with its record of each machine. It knows those that the lab's files name, as the Vagrantfile does. */
const vagrant = `#!/bin/sh
cd "$(dirname "$0")/.."
what=$1; shift 2
for name; do
  case $name in --*) continue ;; esac
  grep -q "\\"name\\": \\"$name\\"" lab/machines.json || { echo "no machine $name is configured" >&2; exit 1; }
  case $what in
    up) mkdir -p "lab/vagrant/machines/$name/docker"
        echo "id-$name" > "lab/vagrant/machines/$name/docker/id"; echo running > "containers/$name" ;;
    destroy) rm -rf "lab/vagrant/machines/$name" "containers/$name" ;;
  esac
done`;

/** A lab that runs, made up at its edges only: docker, Vagrant, the API server and the connections to machines. */
export class World {
  readonly folder: string;
  readonly cluster: FakeCluster;
  readonly lab: Lab;
  /** What each machine was told last: its pod-routes. */
  readonly routes = new Map<string, string>();

  private constructor(root: string) {
    this.folder = root;
    const folder = join(root, 'lab');
    const initial = createLayout({ name: 'made-up' });
    const parse = (text: string): Layout => (JSON.parse(text) as { layout: Layout }).layout;
    const now = followLayout(initial, join(folder, 'machines.json'), parse);
    this.cluster = new FakeCluster(() => now().machines.filter((machine) => this.#asks(machine)));
    const { cluster, routes } = this;
    this.lab = {
      get layout() {
        return now();
      },
      folder,
      kubernetes: cluster.kubernetes,
      onHost: (command, options) => cluster.kubectl(command, options),
      on: (machine, command, options) => {
        if (command.includes('pod-routes')) routes.set(machine, String(options?.input));
        return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
      },
    } as Lab;
  }

  static async start(): Promise<World> {
    const root = await mkdtemp(join(tmpdir(), 'firedrill-scale-'));
    for (const folder of ['bin', 'containers', 'volumes', 'lab']) await mkdir(join(root, folder));
    for (const [name, script] of Object.entries({ docker, vagrant })) {
      await writeFile(join(root, 'bin', name), script);
      await chmod(join(root, 'bin', name), 0o755);
    }
    vi.stubEnv('PATH', `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`);
    const world = new World(root);
    for (const { name } of world.lab.layout.machines) await writeFile(join(root, 'containers', name), 'running');
    await world.render(world.lab.layout);
    return world;
  }

  async end(): Promise<void> {
    vi.unstubAllEnvs();
    await rm(this.folder, { recursive: true });
  }

  /** As `renderLab`, without a bundle. */
  async render(layout: Layout): Promise<void> {
    for (const { name } of layout.machines.filter(joins)) {
      await keepJoiner(this.lab.folder, name);
      await mkdir(join(this.lab.folder, 'cloud-config', name), { recursive: true });
    }
    const path = join(this.lab.folder, 'machines.json');
    await writeFile(`${path}.new`, JSON.stringify({ layout, machines: layout.machines }, null, 2));
    await rename(`${path}.new`, path);
  }

  powerOff = (name: string): Promise<void> => writeFile(join(this.folder, 'containers', name), 'exited');

  /** Whatever names a machine that joined: on this computer, in the lab's files, in the cluster. */
  async traces(): Promise<string[]> {
    const names = async (...path: string[]): Promise<string[]> =>
      (await readdir(join(this.folder, ...path)).catch(() => [])).map((name) => [...path, name].join('/'));
    const files = await Promise.all([
      names('containers'),
      names('volumes'),
      names('lab', 'cloud-config'),
      names('lab', 'joiners'),
      names('lab', 'vagrant', 'machines'),
    ]);
    const routes = [...this.routes]
      .filter(([, told]) => /10\.2\.20[3-9]/.test(told))
      .map(([name]) => `routes of ${name}`);
    const rendered = await readFile(join(this.lab.folder, 'machines.json'), 'utf8');
    return [
      ...files.flat().filter((path) => /w[3-9]/.test(path)),
      ...routes,
      ...(/w[3-9]/.test(rendered) ? ['machines.json'] : []),
      ...this.cluster.traces(),
    ].sort();
  }

  #asks(machine: Machine): boolean {
    const state = join(this.folder, 'containers', machine.name);
    return joins(machine) && existsSync(state) && this.cluster.isOn(state);
  }
}

/** A reporter that keeps the titles, and can end the run before an action begins, as Ctrl-C would. */
export function reporterThatStops(before = Infinity): ActionReporter & { titles: string[] } {
  const titles: string[] = [];
  return {
    titles,
    action: (title) => {
      if (titles.length >= before) throw new Error('stopped here');
      titles.push(title);
      return { update: () => undefined, done: () => undefined, failed: () => undefined };
    },
  };
}
