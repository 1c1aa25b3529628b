import { existsSync, readlinkSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { linkVagrantFolder, unlinkVagrantFolder } from '../../scripts/lab/vagrant-link.ts';

let checkout: string;
beforeEach(async () => {
  checkout = await mkdtemp(join(tmpdir(), 'firedrill-link-'));
  vi.stubEnv('XDG_STATE_HOME', join(checkout, 'state'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(checkout, { recursive: true });
});

const folderOf = (lab: string): string => join(checkout, 'state/firedrill/labs', lab, 'vagrant');
const link = (): string => join(checkout, '.vagrant');

describe('the link for vagrant by hand', () => {
  it("is the usual lab's, and stays when another lab comes and goes", async () => {
    await linkVagrantFolder('firedrill', checkout);
    await linkVagrantFolder('firedrill-test', checkout);
    expect(existsSync(folderOf('firedrill-test'))).toBe(true);
    await unlinkVagrantFolder('firedrill-test', checkout);
    expect(readlinkSync(link())).toBe(folderOf('firedrill'));
  });

  it('is not made for a lab of another name', async () => {
    await linkVagrantFolder('firedrill-test', checkout);
    expect(() => readlinkSync(link())).toThrow('ENOENT');
  });

  it('is restored where it points to a lab that is gone, or where Vagrant made a folder of its own', async () => {
    symlinkSync('/nowhere/vagrant', link());
    await linkVagrantFolder('firedrill', checkout);
    expect(readlinkSync(link())).toBe(folderOf('firedrill'));
    await rm(link());
    await mkdir(link());
    await writeFile(join(link(), 'rgloader'), '');
    await linkVagrantFolder('firedrill', checkout);
    expect(readlinkSync(link())).toBe(folderOf('firedrill'));
  });

  it("is taken away with its lab, and is left alone where it is not that lab's", async () => {
    await linkVagrantFolder('firedrill', checkout);
    await rm(folderOf('firedrill'), { recursive: true });
    await unlinkVagrantFolder('firedrill', checkout);
    expect(() => readlinkSync(link())).toThrow('ENOENT');
    symlinkSync('/mine/vagrant', link());
    await unlinkVagrantFolder('firedrill', checkout);
    expect(readlinkSync(link())).toBe('/mine/vagrant');
  });
});
