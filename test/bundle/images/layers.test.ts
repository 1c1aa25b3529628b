import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { execa } from 'execa';
import { layerOfEntries, layerOfRoot } from '../../../scripts/bundle/images/layers.ts';
import { writeOciArchive } from '../../../scripts/bundle/images/oci-archive.ts';
import { fileInTar, writeTar, type TarEntry } from '../../../scripts/bundle/images/tar.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

const file = (name: string, content: string, mode = 0o644): TarEntry => ({
  name,
  type: 'file',
  mode,
  content: Buffer.from(content),
});
const directory = (name: string): TarEntry => ({ name, type: 'directory', mode: 0o755 });
const listed = async (path: string): Promise<string[]> => (await execa('tar', ['-tf', path])).stdout.split('\n');

test('a layer holds what is new, changed or gone, and nothing else', async () => {
  const below = [directory('./etc/'), file('./etc/same', 'x'), file('./etc/changed', 'x'), file('./etc/gone', 'x')];
  const above = [
    directory('./etc/'),
    file('./etc/same', 'x'),
    file('./etc/changed', 'y'),
    file('./etc/empty', ''),
    file('./dev/null', ''),
    { name: './etc/link', type: 'symlink' as const, mode: 0o777, linkname: 'same' },
  ];
  const tar = (name: string): string => join(folder, name);
  await writeTar(tar('below.tar'), below);
  await writeTar(tar('above.tar'), above);
  const { tree } = await layerOfRoot(tar('below.tar'), tar('layer0.tar'));
  const { layer } = await layerOfRoot(tar('above.tar'), tar('layer1.tar'), tree);
  expect(await listed(layer.path)).toEqual(['etc/changed', 'etc/empty', 'etc/link', 'etc/.wh.gone']);
  expect(Buffer.from(await fileInTar(layer.path, 'etc/changed')).toString()).toBe('y');
});

test('an archive is the same whenever it is made, and every blob is what its name says', async () => {
  const program = join(folder, 'program');
  await writeFile(program, 'a program', { mode: 0o755 });
  const make = async (name: string): Promise<string> => {
    const entries: TarEntry[] = [directory('bin'), { name: 'bin/program', type: 'file', mode: 0o755, from: program }];
    const layer = await layerOfEntries(join(folder, 'layer.tar'), entries);
    const path = join(folder, name);
    const config = { entrypoint: ['/bin/program'], env: { VERSION: '2' } };
    const image = { reference: 'docker.io/firedrill/x:2', config, architecture: 'amd64' };
    await writeOciArchive(path, { ...image, layers: [{ ...layer, what: 'app' }] });
    return path;
  };
  const first = await make('first.tar');
  await utimes(program, 1, 1);
  expect((await readFile(await make('second.tar'))).equals(await readFile(first))).toBe(true);

  const blobs = (await listed(first)).filter((name) => name.startsWith('blobs/'));
  expect(blobs).toHaveLength(3);
  for (const name of blobs) {
    const sum = createHash('sha256')
      .update(await fileInTar(first, name))
      .digest('hex');
    expect(name).toBe(`blobs/sha256/${sum}`);
  }
  const parse = async <T>(name: string): Promise<T> =>
    JSON.parse(Buffer.from(await fileInTar(first, name)).toString()) as T;
  interface Descriptor {
    digest: string;
    annotations: Record<string, string>;
  }
  const blob = ({ digest }: Descriptor): string => `blobs/${digest.replace(':', '/')}`;
  const { manifests } = await parse<{ manifests: [Descriptor] }>('index.json');
  expect(manifests[0].annotations['io.containerd.image.name']).toBe('docker.io/firedrill/x:2');
  const manifest = await parse<{ config: Descriptor; layers: [Descriptor] }>(blob(manifests[0]));
  const config = await parse<{ config: { Env: string[] }; rootfs: { diff_ids: string[] } }>(blob(manifest.config));
  expect(config.rootfs.diff_ids).toEqual([manifest.layers[0].digest]);
  expect(config.config.Env).toContain('VERSION=2');
});
