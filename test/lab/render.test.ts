import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { writeKubeconfig } from '../../scripts/lab/kubeconfig.ts';
import { createLayout, providers, sizes, type Layout, type Provider, type Size } from '../../scripts/lab/layout.ts';
import { makeCertificates } from '../../scripts/lab/pki.ts';
import { planFor, writeUserData } from '../../scripts/lab/render.ts';
import { withWorkers } from '../../scripts/lab/scale/workers.ts';

/*
 * What Vagrant and the machines are told, as text in `snapshots/`. Where a change of cloud-config/ was meant:
 * npx vitest run --project unit test/lab/render.test.ts --update
 */

/** The default size has one that joined, so that its cloud-config is seen, too. Only docker makes a lab of size ha. */
const labs: readonly (readonly [Provider, Size])[] = [
  ...providers.flatMap((provider) => (['default', 'single'] as const).map((size) => [provider, size] as const)),
  ['docker', 'ha'],
];
const virtual = labs.filter(([provider]) => provider !== 'docker');
const nameOf = (provider: Provider, size: Size): string => `${provider}-${size}`;
const layoutOf = (provider: Provider, size: Size): Layout => {
  const layout = createLayout({ name: 'firedrill', provider, size });
  return size === 'default' ? withWorkers(layout, 3) : layout;
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-test-'));
  for (const size of sizes) await makeCertificates(layoutOf('docker', size), join(folder, size));
  await Promise.all(
    labs.map(async ([provider, size]) => {
      const lab = join(folder, nameOf(provider, size));
      const layout = layoutOf(provider, size);
      await mkdir(join(lab, 'ssh'), { recursive: true });
      await symlink(join(folder, size, 'pki'), join(lab, 'pki'));
      await writeFile(join(lab, 'ssh', 'id.pub'), 'ssh-ed25519 AAAA firedrill\n');
      await writeUserData(layout, lab, '1.2.3');
      await writeKubeconfig(layout, lab);
    }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

interface File {
  path: string;
  content: string;
  encoding?: string;
}

interface UserData {
  write_files: File[];
  coreos: { units: { command?: string }[] };
}

const userDataPath = (lab: string, machine: string): string => join(folder, lab, 'cloud-config', machine, 'user-data');
const userDataOf = async (lab: string, machine: string): Promise<UserData> =>
  parse(await readFile(userDataPath(lab, machine), 'utf8')) as UserData;

const token = /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/;
/** Without what is another one in every lab: certificates, keys, the token. */
const withoutSecrets = (file: File): File => ({
  ...file,
  content:
    file.encoding === 'b64'
      ? `(${file.path.endsWith('.key') ? 'key' : 'certificate'})`
      : file.content.replace(token, '(token)'),
});

/** A machine's user-data to read; what a machine of the default size is told in the same words is not said again. */
async function shown(lab: string, machine: string, known: ReadonlyMap<string, File[]> = new Map()): Promise<string> {
  const { write_files: files, ...rest } = await userDataOf(lab, machine);
  const told = files.map(withoutSecrets).map((file) => {
    const text = JSON.stringify(file);
    const [other] = [...known].find(([, those]) => those.some((one) => JSON.stringify(one) === text)) ?? [];
    return other === undefined ? file : { path: file.path, like: `default ${other}` };
  });
  return stringify({ ...rest, write_files: told }, { lineWidth: 0 });
}

const snapshot = (name: string): string => join(import.meta.dirname, 'snapshots', `${name}.txt`);

describe('the cloud-config', () => {
  it.each(['e1', 'c1', 'w1'])('of %s is as it was', async (machine) => {
    await expect(await shown('docker-default', machine)).toMatchFileSnapshot(snapshot(`cloud-config-${machine}`));
  });

  it.each([
    ['default', 'w3'],
    ['single', 'c1'],
    ['ha', 'c2'],
    ['ha', 'w1'],
  ] as const)('of size %s, %s, is as it was', async (size, machine) => {
    const known = new Map<string, File[]>();
    for (const name of ['e1', 'c1', 'w1']) {
      known.set(name, (await userDataOf('docker-default', name)).write_files.map(withoutSecrets));
    }
    const text = await shown(nameOf('docker', size), machine, known);
    await expect(text).toMatchFileSnapshot(snapshot(`cloud-config-${size}-${machine}`));
  });

  it.each(virtual)('of %s, size %s, is that of docker: the role comes by nothing else', async (provider, size) => {
    const textOf = async (lab: string, name: string) =>
      (await readFile(userDataPath(lab, name), 'utf8')).replace(token, '(token)');
    for (const { name } of layoutOf(provider, size).machines) {
      expect(await textOf(nameOf(provider, size), name), name).toBe(await textOf(nameOf('docker', size), name));
    }
  });
});

/**
 * What coreos-cloudinit reads, by where it stands: config/config.go, file.go, unit.go and user.go of
 * https://github.com/flatcar/coreos-cloudinit. It drops other keys without a word. `[]` goes on below each of a list.
 */
const readThere: Readonly<Record<string, readonly string[]>> = {
  // The last two are for cloud-init alone, which starts the units with them.
  '': ['hostname', 'ssh_authorized_keys', 'users', 'write_files', 'coreos', 'runcmd', 'bootcmd'],
  'write_files[]': ['path', 'content', 'permissions', 'owner', 'encoding'],
  'users[]': ['name', 'passwd', 'ssh_authorized_keys', 'groups', 'homedir', 'shell', 'system', 'no_create_home'],
  coreos: ['units'],
  'coreos.units[]': ['name', 'command', 'content', 'enable', 'mask', 'runtime', 'drop_ins'],
  'coreos.units[].drop_ins[]': ['name', 'content'],
};

/** `coreos.units[].drop-ins`: each key that stands where it is not read. */
function unread(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => unread(one, `${at}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => {
    const path = at === '' ? key : `${at}.${key}`;
    return readThere[at]?.includes(key) ? unread(below, path) : [path];
  });
}

describe('a key that coreos-cloudinit does not read', () => {
  it('is found wherever it stands', () => {
    const units = [{ name: 'a.service', 'drop-ins': [] }, { drop_ins: [{ name: 'b', text: '' }] }];
    const config = { hostname: 'x', write_files: [{ path: '/a', mode: '1' }], coreos: { units, fleet: {} }, ntp: {} };
    expect(unread(config)).toEqual([
      'write_files[].mode',
      'coreos.units[].drop-ins',
      'coreos.units[].drop_ins[].text',
      'coreos.fleet',
      'ntp',
    ]);
  });

  // Those of the other providers are the same, as is proven above.
  it.each(sizes)('is nowhere in a lab of size %s', async (size) => {
    for (const { name } of layoutOf('docker', size).machines) {
      const config = await userDataOf(nameOf('docker', size), name);
      expect(unread(config), name).toEqual([]);
      expect(config.coreos.units.filter(({ command }) => command !== 'start')).toEqual([]);
    }
  });
});

describe('what Vagrant is told', () => {
  const bundle = {
    ...{ folder: '/bundle', bin: '/bundle/bin', cni: '/bundle/cni', older: '/bundle/older' },
    ...{ imageStore: '/bundle/store.tar', machineImage: 'firedrill/machine:test' },
  };
  /** One line for each list; the capabilities are those of the computer that runs this. */
  const brief = (value: unknown): unknown =>
    Array.isArray(value) && value.every((one) => typeof one === 'string')
      ? value.join(' ').replace(/(--cap-add \S+ ?)+/, '(capabilities) ')
      : value;

  const planOf = async (provider: Provider, size: Size) =>
    (await planFor(layoutOf(provider, size), bundle, '/lab')) as Record<string, unknown>;

  it.each(sizes)('of size %s is as it was', async (size) => {
    const { layout, ...plan } = await planOf('docker', size);
    expect(layout).toEqual(layoutOf('docker', size));
    const machines = (plan['machines'] as Record<string, unknown>[]).map((machine) =>
      Object.fromEntries(Object.entries(machine).map(([key, value]) => [key, brief(value)])),
    );
    const text = stringify({ ...plan, machines }, { lineWidth: 0 });
    await expect(text).toMatchFileSnapshot(snapshot(`machines-${size}`));
  });

  it.each(virtual)('with %s, size %s, is the same, but for the provider and the user', async (provider, size) => {
    const others = { provider, sshUser: 'core', layout: layoutOf(provider, size) };
    expect(await planOf(provider, size)).toEqual({ ...(await planOf('docker', size)), ...others });
  });
});

describe('what has a key in it', () => {
  it.each(labs)("is its owner's alone, with %s, size %s", async (provider, size) => {
    const lab = nameOf(provider, size);
    const files = layoutOf(provider, size).machines.map(({ name }) => userDataPath(lab, name));
    for (const file of [...files, join(folder, lab, 'kubeconfig')]) {
      expect((await stat(file)).mode & 0o777, file).toBe(0o600);
    }
  });
});
