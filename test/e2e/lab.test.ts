import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { componentVersion } from '../../scripts/bundle/components.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import { makeCertificates } from '../../scripts/lab/pki.ts';
import { writeUserData } from '../../scripts/lab/render.ts';
import { withWorkers } from '../../scripts/lab/scale/workers.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';
import { firedrill, programPath, testLab } from '../support/program.ts';
import { leftOfTheLab } from '../support/left.ts';
import { kubectl, labState, ok, on, status, vagrantByHand } from '../support/test-lab.ts';

const label = `label=firedrill.lab=${testLab.name}`;
const layout = createLayout({ name: testLab.name, subnet: testLab.environment.FIREDRILL_SUBNET });
const addressOf = (name: string): string => layout.machines.find((machine) => machine.name === name)!.address;
const containers = async (): Promise<string[]> =>
  (await execa('docker', ['ps', '--quiet', '--filter', label])).stdout.split('\n').filter(Boolean);

beforeAll(async () => {
  await ok('lab', 'destroy', '--yes');
  await ok('lab', 'up', '--yes');
});

afterAll(async () => {
  await ok('lab', 'destroy', '--yes');
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

  it('ends what the start of a container left, when that was broken off, before the kubelet starts', async () => {
    const left = 'pgrep --parent 1 --full "^/opt/bin/runc init"';
    // As cgroup v1 leaves it; with v2 nothing is frozen.
    const breakOff = `
      systemd-run --unit broken-off bash -c "exec -a '/opt/bin/runc init' sleep 1000"
      for try in $(seq 50); do pid=$(${left}) && break; sleep 0.1; done
      group=$(sed -n 's/.*:freezer://p' "/proc/$pid/cgroup")
      [ -z "$group" ] || { mkdir -p "/sys/fs/cgroup/freezer$group-frozen"; cd "/sys/fs/cgroup/freezer$group-frozen"; echo "$pid" > cgroup.procs; echo FROZEN > freezer.state; }
      ${left}`;
    expect(await on('w2', breakOff)).toMatch(/^\d+$/m);
    await on('w2', 'systemctl restart kubelet');
    const seen = await on(
      'w2',
      `for try in $(seq 50); do ${left} >/dev/null || { echo none; break; }; sleep 0.1; done`,
    );
    expect(seen).toBe('none');
    await on('w2', 'until curl -sk -o /dev/null https://127.0.0.1:10250/; do sleep 0.2; done');
  });

  it('serves clients that show a certificate, and no others', async () => {
    const { stdout } = await execa('curl', ['-sk', 'https://127.0.0.1:9443/api/v1/nodes']);
    expect(stdout).toContain('User \\"system:anonymous\\" cannot list resource');
    const etcd = await execa('curl', ['-sk', 'https://127.0.0.1:9411/version'], { reject: false });
    expect(etcd.exitCode).not.toBe(0);
  });

  // From a machine: the host may not reach these ports.
  it.each(['c1', 'w1', 'w2'])('has a kubelet on %s that answers nobody without a certificate', async (name) => {
    const ask = `curl -sk -o /dev/null -w '%{http_code}' https://${addressOf(name)}:10250/pods`;
    expect(await on('e1', ask)).toMatch(/^40[13]$/);
  });

  it.each(['e1', 'e2', 'e3'])('has a member of etcd on %s that speaks with its peers only', async (name) => {
    const url = `https://${addressOf(name)}:2380/version`;
    // Its mux speaks HTTP/1.1 only.
    const own = '--http1.1 --cacert /etc/etcd/ca.crt --cert /etc/etcd/server.crt --key /etc/etcd/server.key';
    expect(await on('e1', `curl -sS ${own} ${url}`)).toContain('etcdserver');
    // 35, 55, 56: TLS was spoken, and ended by the other side (https://everything.curl.dev/cmdline/exitcode.html).
    expect(await on('e1', `curl -skS ${url} 2>&1 || true`)).toMatch(/^curl: \((35|55|56)\)/);
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

  it('obeys vagrant by hand, which has another home', async () => {
    expect(existsSync(join(labState, 'vagrant-home', 'setup_version'))).toBe(true);
    const status = await execa('vagrant', ['status'], { env: vagrantByHand, cwd: checkoutFolder });
    for (const name of ['e1', 'e2', 'e3', 'c1', 'w1', 'w2']) {
      expect(status.stdout).toMatch(new RegExp(`^${name} +running`, 'm'));
    }
    const { stdout } = await execa('vagrant', ['ssh', 'c1', '-c', 'hostname'], {
      env: vagrantByHand,
      cwd: checkoutFolder,
    });
    expect(stdout.trim()).toBe('c1');
  });

  it('is valid for vagrant', async () => {
    const { stdout } = await execa('vagrant', ['validate'], { env: vagrantByHand, cwd: checkoutFolder });
    expect(stdout).toContain('validated successfully');
  });

  it('has names that vagrant does not take for the beginning of an id', async () => {
    const home = await mkdtemp(join(labState, 'home-'));
    const entry = {
      local_data_path: join(labState, 'vagrant'),
      vagrantfile_path: checkoutFolder,
      vagrantfile_name: null,
    };
    const machine = { name: 'e1', provider: 'docker', state: 'running', ...entry, updated_at: null, extra_data: {} };
    await mkdir(join(home, 'data', 'machine-index'), { recursive: true });
    const index = { version: 1, machines: { e3000000000000000000000000000000: machine } };
    await writeFile(join(home, 'data', 'machine-index', 'index'), JSON.stringify(index));
    const env = { ...vagrantByHand, VAGRANT_HOME: home };
    const { stdout } = await execa('vagrant', ['status', 'e3'], { env, cwd: checkoutFolder });
    expect(stdout).toMatch(/^e3 +running/m);
    expect(stdout).not.toMatch(/^e1 /m);
  });

  it('is not taken for another one by vagrant: it says what to set', async () => {
    const env = { ...vagrantByHand, VAGRANT_DOTFILE_PATH: await mkdtemp(join(labState, 'elsewhere-')) };
    const ran = await execa('vagrant', ['status'], { env, cwd: checkoutFolder, reject: false });
    expect(ran.exitCode).not.toBe(0);
    expect(ran.stderr).toContain(`Run: export VAGRANT_DOTFILE_PATH=${join(labState, 'vagrant')}`);
  });

  // The last worker of the first and of the third has joined.
  it.each([
    ['default', 3],
    ['single', 1],
    ['ha', 4],
  ] as const)('gives cloud-init, in size %s, nothing to say', async (size, workers) => {
    const rendered = withWorkers(createLayout({ name: testLab.name, size }), workers);
    const folder = await mkdtemp(join(labState, 'rendered-'));
    await makeCertificates(rendered, folder);
    await mkdir(join(folder, 'ssh'));
    await copyFile(join(labState, 'ssh/id.pub'), join(folder, 'ssh/id.pub'));
    await writeUserData(rendered, folder, componentVersion('kubernetes'));
    const look = 'cat > /run/user-data && cloud-init schema --config-file /run/user-data';
    for (const { name } of rendered.machines) {
      const input = await readFile(join(folder, 'cloud-config', name, 'user-data'));
      const ran = await execa(join(labState, 'bin/ssh'), ['w1', look], { input, reject: false, all: true });
      expect(ran.all, name).toContain('Valid');
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

  it('is not made where an interface of this computer has its addresses', async (context) => {
    // In a network of its own, where docker's socket is still at hand: the bridge is gone with the process.
    const script = `ip link set lo up && ip link add lxcbr7 type bridge &&
      ip address add 10.0.13.1/24 dev lxcbr7 && ip link set lxcbr7 up && exec "$@"`;
    const unshare = ['--net', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), 'sh', '-c', script, 'sh'];
    const may = await execa('unshare', [...unshare, 'true'], { reject: false });
    if (may.exitCode !== 0 && !process.env['CI']) context.skip('this user may not make a network namespace');
    try {
      const ran = await execa('unshare', [...unshare, programPath, 'lab', 'up', '--yes'], {
        env: testLab.environment,
        reject: false,
        stdin: 'ignore',
      });
      expect(ran, ran.stderr).toMatchObject({ exitCode: 3 });
      expect(ran.stderr).toContain("10.0.13.0/24 is taken on this computer: the interface 'lxcbr7' has 10.0.13.0/24.");
      expect(ran.stderr).toContain('--subnet 10.0.9.0/24');
    } finally {
      await ok('lab', 'destroy', '--yes');
    }
    expect(await leftOfTheLab(testLab.name)).toEqual([]);
  });
});
