import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkoutFolder } from '../../scripts/system/folders.ts';
import { firedrill, programPath, testLab } from '../support/program.ts';
import { leftOfTheLab } from '../support/left.ts';
import { kubectl, labState, ok, status } from '../support/test-lab.ts';

const label = `label=firedrill.lab=${testLab.name}`;
const containers = async (): Promise<string[]> =>
  (await execa('docker', ['ps', '--quiet', '--filter', label])).stdout.split('\n').filter(Boolean);

beforeAll(async () => {
  await ok('lab', 'destroy', '--yes');
  await ok('lab', 'up', '--yes');
});

afterAll(async () => {
  await firedrill(['lab', 'destroy', '--yes']);
});

describe('a lab that was booted', () => {
  it('has six machines, one leader of etcd, three Ready nodes and an API server that answers', async () => {
    const { machines, apiServer } = await status();
    expect(machines.map(({ name, state }) => `${name} ${state}`)).toEqual(
      ['e1', 'e2', 'e3', 'c1', 'w1', 'w2'].map((name) => `${name} running`),
    );
    expect(machines.filter(({ etcd }) => etcd?.isLeader)).toHaveLength(1);
    expect(machines.filter(({ nodeReady }) => nodeReady).map(({ name }) => name)).toEqual(['c1', 'w1', 'w2']);
    expect(apiServer.answers).toBe(true);
  });

  it('is left alone by a second up', async () => {
    const before = await containers();
    expect(await ok('lab', 'up', '--yes')).toContain(`The lab '${testLab.name}' is up`);
    expect(await containers()).toEqual(before);
  });

  it('refuses another size under the same name', async () => {
    expect(await firedrill(['lab', 'up', '--yes', '--size', 'single'])).toMatchObject({ exitCode: 2 });
  });

  it('runs commands on a machine, and shows its journal', async () => {
    expect(await ok('lab', 'ssh', 'w1', '--', 'hostname')).toBe('w1');
    expect(await ok('lab', 'ssh', 'e1', '--', 'etcdctl', 'endpoint', 'health')).toContain('is healthy');
    expect(await ok('lab', 'logs', 'w1', 'kubelet', '--lines', '5')).toContain('kubelet');
  });

  it('serves clients that show a certificate, and no others', async () => {
    const { stdout } = await execa('curl', ['-sk', 'https://127.0.0.1:9443/api/v1/nodes']);
    expect(stdout).toContain('User \\"system:anonymous\\" cannot list resource');
    const etcd = await execa('curl', ['-sk', 'https://127.0.0.1:9411/version'], { reject: false });
    expect(etcd.exitCode).not.toBe(0);
  });

  // Where docker runs in a virtual machine of its own, nobody but docker reaches the machines' addresses.
  it.runIf(process.getuid?.() === 0)('needs no address of a machine, but ports of 127.0.0.1', async () => {
    const group = '4242';
    const match = ['OUTPUT', '-d', testLab.environment.FIREDRILL_SUBNET, '-m', 'owner', '--gid-owner', group];
    const inTheGroup = ['--regid', group, '--clear-groups', programPath];
    await execa('iptables', ['-w', '-I', ...match, '-j', 'REJECT']);
    try {
      for (const words of [
        'lab status',
        'lab ssh w1 -- hostname',
        'lab logs e1 etcd',
        'lab up --yes',
        'author-check 1 --yes',
      ]) {
        const ran = await execa('setpriv', [...inTheGroup, ...words.split(' ')], {
          env: testLab.environment,
          reject: false,
          all: true,
          stdin: 'ignore',
        });
        expect(ran, ran.all).toMatchObject({ exitCode: 0 });
      }
      const { stdout } = await execa('iptables', ['-w', '-nvxL', 'OUTPUT', '1']);
      expect(stdout, 'no packet was tried').toMatch(/^ *0 +0 REJECT/);
    } finally {
      await execa('iptables', ['-w', '-D', ...match, '-j', 'REJECT']);
    }
  });

  it('obeys vagrant by hand', async () => {
    const env = { ...testLab.environment, VAGRANT_DOTFILE_PATH: join(labState, 'vagrant') };
    const status = await execa('vagrant', ['status'], { env, cwd: checkoutFolder });
    for (const name of ['e1', 'e2', 'e3', 'c1', 'w1', 'w2']) {
      expect(status.stdout).toMatch(new RegExp(`^${name} +running`, 'm'));
    }
    const { stdout } = await execa('vagrant', ['ssh', 'c1', '-c', 'hostname'], { env, cwd: checkoutFolder });
    expect(stdout.trim()).toBe('c1');
  });

  it('has names that vagrant does not take for the beginning of an id', async () => {
    const home = await mkdtemp(join(labState, 'vagrant-home-'));
    const entry = {
      local_data_path: join(labState, 'vagrant'),
      vagrantfile_path: checkoutFolder,
      vagrantfile_name: null,
    };
    const machine = { name: 'e1', provider: 'docker', state: 'running', ...entry, updated_at: null, extra_data: {} };
    await mkdir(join(home, 'data', 'machine-index'), { recursive: true });
    const index = { version: 1, machines: { e3000000000000000000000000000000: machine } };
    await writeFile(join(home, 'data', 'machine-index', 'index'), JSON.stringify(index));
    const env = { ...testLab.environment, VAGRANT_DOTFILE_PATH: join(labState, 'vagrant'), VAGRANT_HOME: home };
    const { stdout } = await execa('vagrant', ['status', 'e3'], { env, cwd: checkoutFolder });
    expect(stdout).toMatch(/^e3 +running/m);
    expect(stdout).not.toMatch(/^e1 /m);
  });

  it('is not taken for another one by vagrant: it says what to set', async () => {
    const env = { ...testLab.environment, VAGRANT_DOTFILE_PATH: await mkdtemp(join(labState, 'elsewhere-')) };
    const ran = await execa('vagrant', ['status'], { env, cwd: checkoutFolder, reject: false });
    expect(ran.exitCode).not.toBe(0);
    expect(ran.stderr).toContain(`Run: export VAGRANT_DOTFILE_PATH=${join(labState, 'vagrant')}`);
  });

  it('has cloud-configs of which cloud-init finds nothing to say', async () => {
    for (const machine of ['e1', 'c1', 'w1']) {
      const schema = 'cloud-init schema --config-file /var/lib/cloud/seed/nocloud/user-data 2>&1';
      expect(await ok('lab', 'ssh', machine, '--', schema), machine).toContain('Valid');
    }
  });
});

describe('a lab that comes back', () => {
  const keep = ['create', 'configmap', 'kept', '--from-literal=since=before'];

  it('is the same cluster after a halt', async () => {
    await kubectl(...keep);
    const before = (await status()).machines.map(({ etcd }) => etcd?.memberId);
    await ok('lab', 'halt');
    expect(await containers()).toEqual([]);
    await ok('lab', 'up', '--yes');
    expect((await status()).machines.map(({ etcd }) => etcd?.memberId)).toEqual(before);
    expect(await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.since}')).toBe('before');
  });

  it('is the same cluster after its machines were killed', async () => {
    await execa('docker', ['kill', ...(await containers())]);
    await ok('lab', 'up', '--yes');
    expect(await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.since}')).toBe('before');
    await kubectl('delete', 'configmap', 'kept');
  });
});

describe('a lab that was destroyed', () => {
  it('leaves nothing behind', async () => {
    await ok('lab', 'destroy', '--yes');
    expect(await leftOfTheLab(testLab.name)).toEqual([]);
    expect(existsSync(labState)).toBe(false);
    expect(await readdir(join(testLab.environment.XDG_STATE_HOME, 'firedrill', 'labs'))).toEqual([]);
  });

  it('says so when it is asked for', async () => {
    const ran = await firedrill(['lab', 'status']);
    expect(ran).toMatchObject({ exitCode: 3 });
    expect(ran.stderr).toContain("There is no lab 'firedrill-test' yet.");
    expect(ran.stderr).toContain('npx firedrill lab up');
  });
});
