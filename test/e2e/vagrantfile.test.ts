import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLayout, providers, type Provider } from '../../scripts/lab/layout.ts';
import { planFor } from '../../scripts/lab/render.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';

/*
 * What the Vagrantfile makes of what was rendered, told to a stand-in for Vagrant. It needs no lab, but the Ruby that comes
 * with Debian's package vagrant, which is there when these tests run. Other systems' Vagrant may keep its Ruby to itself.
 */
const noRuby = (await execa('ruby', ['--version'], { reject: false })).exitCode !== 0;
if (noRuby) console.warn('skipped: what the Vagrantfile says (there is no ruby)');
const withRuby = noRuby && process.env['CI'] !== 'true' ? describe.skip : describe;

let state: string;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'firedrill-test-'));
  const bundle = {
    folder: '/b',
    bin: '/b/bin',
    cni: '/b/cni',
    older: '/b/older',
    imageStore: '/b/s',
    machineImage: 'i:1',
  };
  for (const provider of providers) {
    const lab = join(state, 'firedrill', 'labs', provider);
    // Vagrant's own folder of the lab is there once it has been rendered.
    await mkdir(join(lab, 'vagrant'), { recursive: true });
    const plan = await planFor(createLayout({ name: provider, provider }), bundle, '/lab');
    await writeFile(join(lab, 'machines.json'), JSON.stringify(plan));
  }
});
afterAll(() => rm(state, { recursive: true }));

const told = (lab: string) =>
  execa('ruby', [join(checkoutFolder, 'test/support/told-to-vagrant.rb'), join(checkoutFolder, 'Vagrantfile')], {
    env: {
      FIREDRILL_LAB: lab,
      XDG_STATE_HOME: state,
      VAGRANT_HOME: '/vagrant.d',
      VAGRANT_DOTFILE_PATH: join(state, 'firedrill/labs', lab, 'vagrant'),
    },
    reject: false,
  });

/** The lines of one machine. */
async function ofMachine(provider: Provider, name: string): Promise<string[]> {
  const { stdout } = await told(provider);
  const lines = stdout.split('\n').map((line) => line.trimStart());
  const from = lines.findIndex((line) => line.startsWith(`vm.define "${name}"`));
  const next = lines.findIndex((line, index) => index > from && line.startsWith('vm.define'));
  return lines.slice(from, next < 0 ? undefined : next);
}

const has = (ruby: string) => expect.stringMatching(ruby) as string;

withRuby('the Vagrantfile', () => {
  it('says what to run where nothing has been rendered', async () => {
    const ran = await told('another');
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toBe("The lab 'another' has not been made yet. Run: npx firedrill lab up");
  });

  it.each(providers)('has a machine of %s for each of the lab, with its ports on 127.0.0.1 only', async (provider) => {
    const { stdout } = await told(provider);
    const names = [...stdout.matchAll(/vm\.define "(\w+)"/g)].map(([, name]) => name);
    expect(names).toEqual(['e1', 'e2', 'e3', 'c1', 'w1', 'w2']);
    const ports = stdout
      .split('\n')
      .filter((line) => line.includes('forwarded_port') && !line.includes('disabled: true'));
    expect(ports.length).toBe(12);
    expect(ports.filter((line) => !line.includes('host_ip: "127.0.0.1"'))).toEqual([]);
  });

  it('makes containers with docker, and no virtual machine', async () => {
    const lines = await ofMachine('docker', 'w1');
    expect(lines).toContain('docker.image "i:1"');
    expect(lines).toContain('docker.name "docker-w1"');
    expect(lines.join('\n')).not.toContain('private_network');
  });

  it.each(['virtualbox', 'parallels'] as const)(
    "makes virtual machines with %s, which Vagrant reaches before and after they know the lab's key",
    async (provider) => {
      const lines = await ofMachine(provider, 'w1');
      expect(lines).toContain('w1.ssh.private_key_path ["/lab/ssh/id","/vagrant.d/insecure_private_key"]');
      expect(lines).toContain('w1.vm.box "flatcar-stable"');
      expect(lines).toContain('w1.vm.network "private_network", ip: "10.0.3.201"');
      expect(lines).toContain(`${provider}.memory 1024`);
      expect(lines).toContainEqual(has('vm.provision "file", source: "/lab/cloud-config/w1/user-data"'));
      expect(lines).toContainEqual(has('coreos-cloudinit --from-file'));
    },
  );
});
