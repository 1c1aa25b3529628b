import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { components, componentVersion } from '../../scripts/bundle/components.ts';
import { buildArguments, builtName, findGo } from '../../scripts/bundle/go-build.ts';
import { goModuleFolder, pinsOf, pinsOfAll } from '../../scripts/bundle/pins.ts';
import { temporaryFolder } from './folder.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a main package is built under the name that its files are then looked for', () => {
  expect(
    ['go.etcd.io/etcd/server/v3', 'github.com/tsenart/vegeta/v12', 'k8s.io/kubernetes/cmd/kubelet'].map(builtName),
  ).toEqual(['server', 'vegeta', 'kubelet']);
});

test('the build is static, without paths, and knows its version', () => {
  const find = (name: string) => components.find((component) => component.name === name)!;
  expect(buildArguments(find('runc'), 'out')).toEqual([
    ...['build', '-trimpath', '-tags', 'seccomp,netgo,osusergo', '-ldflags', '-s -w -extldflags -static'],
    ...['-o', 'out/', 'github.com/opencontainers/runc'],
  ]);
  expect(buildArguments(find('kubernetes'), 'out').join(' ')).toContain(
    '-X k8s.io/component-base/version.gitVersion=v1.37.2 -X k8s.io/component-base/version.gitMajor=1',
  );
});

test('each go.mod asks for the pinned version of the component', () => {
  for (const component of components) {
    const goMod = readFileSync(join(goModuleFolder(component), 'go.mod'), 'utf8');
    for (const mainPackage of Object.values(component.packages)) {
      const required = [...goMod.matchAll(/^(?:require)?\s+(\S+) v(\S+)/gm)].filter(
        ([, module]) => mainPackage === module || mainPackage.startsWith(`${module ?? ''}/`),
      );
      const longest = required.sort((a, b) => (b[1]?.length ?? 0) - (a[1]?.length ?? 0))[0];
      expect(longest?.[2], mainPackage).toBe(component.version);
    }
  }
});

test('the older Kubernetes is of the minor before', () => {
  const minorOf = (name: string) => componentVersion(name).split('.').slice(0, 2).map(Number);
  const [major, minor] = minorOf('kubernetes');
  expect(minorOf('kubernetes-older')).toEqual([major, Number(minor) - 1]);
});

test('another version, flag or component is another bundle', () => {
  const [first, second] = components;
  expect(pinsOf({ ...first!, version: '0' })).not.toBe(pinsOf(first!));
  expect(pinsOf({ ...first!, tags: 'x' })).not.toBe(pinsOf(first!));
  expect(pinsOfAll([first!])).not.toBe(pinsOfAll([first!, second!]));
});

test('a Go that is too old is refused with its version, where no other is installed', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'bin'));
  await writeFile(join(folder, 'bin/go'), '#!/bin/sh\necho go1.19.8\n');
  await chmod(join(folder, 'bin/go'), 0o755);
  vi.stubEnv('PATH', `${join(folder, 'bin')}:/usr/bin:/bin`);
  await expect(findGo({ usualPlaces: [] })).rejects.toMatchObject({
    code: 'go-missing',
    message: expect.stringContaining('Go 1.19 is older than 1.21') as string,
  });
  vi.stubEnv('PATH', join(folder, 'nowhere'));
  await expect(findGo({ usualPlaces: [] })).rejects.toThrow(/there is no Go on this computer/);
  await writeFile(join(folder, 'bin/go'), '#!/bin/sh\necho go1.21.0\n');
  vi.stubEnv('PATH', `${join(folder, 'bin')}:/usr/bin:/bin`);
  expect(await findGo({ usualPlaces: [] })).toBe('go');
});
