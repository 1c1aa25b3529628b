import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderCloudConfig } from '../../scripts/lab/cloud-config.ts';
import { createLayout, type Size } from '../../scripts/lab/layout.ts';
import { withWorkers } from '../../scripts/lab/scale/workers.ts';
import { makeCertificates } from '../../scripts/lab/pki.ts';

/** Keys that both coreos-cloudinit and cloud-init read, and the two of cloud-init alone. */
const known = ['hostname', 'ssh_authorized_keys', 'users', 'write_files', 'coreos', 'runcmd', 'bootcmd'];
const knownOfFile = ['path', 'content', 'permissions', 'owner', 'encoding'];

interface Rendered {
  hostname: string;
  runcmd: string[];
  write_files: Record<string, string>[];
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-test-'));
  for (const size of ['default', 'single', 'ha'] as const) {
    await makeCertificates(createLayout({ name: size, size }), join(folder, size));
  }
});
afterAll(() => rm(folder, { recursive: true }));

async function rendered(size: Size, name: string, workers = 2): Promise<Rendered> {
  const layout = withWorkers(createLayout({ name: size, size }), workers);
  const machine = layout.machines.find((each) => each.name === name)!;
  const pki = join(folder, size, 'pki');
  const text = await renderCloudConfig(machine, {
    layout,
    pki,
    sshPublicKey: 'ssh-ed25519 AAAA',
    kubernetesVersion: '1.2.3',
    bootstrapToken: 'abcdef.0123456789abcdef',
  });
  expect(text.startsWith('#cloud-config\n')).toBe(true);
  return parse(text) as Rendered;
}

describe('a rendered cloud-config', () => {
  const all = [
    ...['e1', 'e2', 'e3', 'c1', 'w1', 'w2'].map((name) => ['default', name] as const),
    ['single', 'c1'] as const,
    ...['e1', 'e2', 'e3', 'c1', 'c2', 'w1', 'w2'].map((name) => ['ha', name] as const),
  ];

  it.each(all)('of size %s, machine %s, has only keys that both readers know', async (size, name) => {
    const config = await rendered(size, name);
    expect(config.hostname).toBe(name);
    expect(Object.keys(config).filter((key) => !known.includes(key))).toEqual([]);
    expect(config.write_files.flatMap((file) => Object.keys(file)).filter((key) => !knownOfFile.includes(key))).toEqual(
      [],
    );
    expect(JSON.stringify(config)).not.toContain('{{');
  });

  it.each(all)('of size %s, machine %s, writes each file once and keeps keys to their owner', async (size, name) => {
    const files = (await rendered(size, name)).write_files;
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
    const open = files.filter(({ path, permissions }) => path?.endsWith('.key') && permissions !== '0600');
    expect(open.map(({ path }) => path)).toEqual([]);
  });

  it.each([
    ['default', 'e2'],
    ['single', 'c1'],
    ['ha', 'e1'],
  ] as const)('of size %s, machine %s, lets etcd speak TLS only', async (size, name) => {
    const files = (await rendered(size, name)).write_files;
    const unit = files.find(({ path }) => path === '/etc/systemd/system/etcd.service')?.['content'] ?? '';
    const listens = [...unit.matchAll(/^Environment=ETCD_LISTEN_\w+_URLS=(.*)$/gm)].map(([, url]) => url);
    expect(listens).toEqual(['https://0.0.0.0:2379', 'https://0.0.0.0:2380']);
    expect(unit).not.toContain('http://');
  });

  it('tells a worker the way to the pods of the others and not to its own', async () => {
    const files = (await rendered('default', 'w1')).write_files;
    expect(files.find(({ path }) => path === '/etc/kubernetes/pod-routes')?.['content']).toBe(
      '10.2.101.0/24 via 10.0.3.101\n10.2.202.0/24 via 10.0.3.202\n',
    );
  });

  it('gives the one machine of size single every role', async () => {
    const { write_files: files, runcmd } = await rendered('single', 'c1');
    const paths = files.map(({ path }) => path);
    expect(paths).toContain('/etc/systemd/system/etcd.service');
    expect(paths).toContain('/etc/kubernetes/manifests/kube-apiserver.yaml');
    expect(files.find(({ path }) => path === '/etc/kubernetes/kubelet.yaml')?.['content']).toContain(
      'registerWithTaints: []',
    );
    expect(runcmd.filter((line) => line === 'systemctl daemon-reload')).toHaveLength(1);
  });
});

describe('with two controllers', () => {
  const textsOf = async (size: Size, name: string) =>
    new Map((await rendered(size, name)).write_files.map(({ path, content }) => [path, content]));

  it.each(['c1', 'c2', 'w1', 'w2'])(
    '%s has HAProxy in front of both API servers, and nobody knows another way',
    async (name) => {
      const texts = await textsOf('ha', name);
      expect(texts.get('/etc/kubernetes/api-balancer.cfg')).toContain('server c2 10.0.3.102:6443 verifyhost c2\n');
      expect((await rendered('ha', name)).runcmd.at(-1)).toContain('api-balancer.service');
      const kubeconfigs = [...texts].filter(([path]) => path?.endsWith('.conf') && path.startsWith('/etc/kubernetes/'));
      expect(kubeconfigs).toHaveLength(name.startsWith('c') ? 5 : 2);
      for (const [path, content] of kubeconfigs) expect(content, path).toContain('server: "https://127.0.0.1:6444"');
    },
  );

  it('what HAProxy is told', async () => {
    const config = (await textsOf('ha', 'w1')).get('/etc/kubernetes/api-balancer.cfg') ?? '';
    const said = config.split('\n').filter((line) => !line.trim().startsWith('#'));
    expect(said.join('\n')).toMatchInlineSnapshot(`
      "global
          log stdout format short daemon
          user haproxy
          group haproxy
          nbthread 1
          maxconn 1000

      defaults
          mode tcp
          log global
          option tcplog
          timeout connect 1s
          timeout check 2s
          timeout client 10m
          timeout server 10m

      frontend api
          bind 127.0.0.1:6444
          default_backend controllers

      backend controllers
          balance leastconn
          option redispatch 1
          retries 2
          option httpchk
          http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host kubernetes
          http-check expect status 200
          default-server check check-ssl ca-file /etc/kubernetes/ca.crt verify required inter 1s fastinter 500ms fall 3 rise 2 on-marked-down shutdown-sessions
          server c1 10.0.3.101:6443 verifyhost c1
          server c2 10.0.3.102:6443 verifyhost c2
      "
    `);
  });

  it('a machine of etcd has none', async () => {
    expect([...(await textsOf('ha', 'e1')).keys()].join()).not.toContain('balancer');
  });

  it.each([
    ['default', 'c1', '10.0.3.101'],
    ['default', 'w1', '10.0.3.101'],
    ['single', 'c1', '10.0.3.101'],
  ] as const)('with one, size %s, %s has none', async (size, name, controller) => {
    const texts = await textsOf(size, name);
    expect([...texts.keys()].join()).not.toContain('balancer');
    expect(texts.get('/etc/kubernetes/kubelet.conf')).toContain(`server: "https://${controller}:6443"`);
  });
});

describe('the cloud-config of a worker that joins', () => {
  const fileOf = (config: Rendered, path: string): string =>
    config.write_files.find((file) => file['path'] === path)?.['content'] ?? '';
  const kubelet = '/etc/systemd/system/kubelet.service';

  it('has only keys that both readers know, and each file once', async () => {
    const config = await rendered('default', 'w3', 3);
    expect(Object.keys(config).filter((key) => !known.includes(key))).toEqual([]);
    expect(config.write_files.flatMap((file) => Object.keys(file)).filter((key) => !knownOfFile.includes(key))).toEqual(
      [],
    );
    expect(new Set(config.write_files.map(({ path }) => path)).size).toBe(config.write_files.length);
    expect(JSON.stringify(config)).not.toContain('{{');
  });

  it('has a token, and no certificate but the authority: its kubelet asks for both of its own', async () => {
    const config = await rendered('default', 'w3', 3);
    const encoded = config.write_files.filter(({ encoding }) => encoding === 'b64').map(({ path }) => path);
    expect(encoded).toEqual(['/etc/kubernetes/ca.crt']);
    expect(JSON.stringify(config)).not.toContain('PRIVATE KEY');
    const bootstrap = config.write_files.find(({ path }) => path === '/etc/kubernetes/bootstrap-kubelet.conf');
    expect(bootstrap?.['permissions']).toBe('0600');
    expect(bootstrap?.['content']).toContain('user: {token: "abcdef.0123456789abcdef"}');
    const settings = parse(fileOf(config, '/etc/kubernetes/kubelet.yaml')) as Record<string, unknown>;
    expect(settings).toMatchObject({ serverTLSBootstrap: true, clusterDNS: ['10.3.0.10'] });
    expect(settings).not.toHaveProperty('tlsCertFile');
    expect(fileOf(config, kubelet)).toContain(
      '--kubeconfig /var/lib/kubelet/kubeconfig --bootstrap-kubeconfig /etc/kubernetes/bootstrap-kubelet.conf --node-ip 10.0.3.203',
    );
    expect(fileOf(config, '/etc/kubernetes/kube-proxy.conf')).toContain(
      '/var/lib/kubelet/pki/kubelet-client-current.pem',
    );
  });

  it('leaves the others as they were, but for their routes', async () => {
    const [two, three] = await Promise.all([rendered('default', 'w1'), rendered('default', 'w1', 3)]);
    const routes = '/etc/kubernetes/pod-routes';
    expect(fileOf(three, routes)).toBe(`${fileOf(two, routes)}10.2.203.0/24 via 10.0.3.203\n`);
    const rest = (config: Rendered): unknown => config.write_files.filter(({ path }) => path !== routes);
    expect(rest(three)).toEqual(rest(two));
    const settings = parse(fileOf(two, '/etc/kubernetes/kubelet.yaml')) as Record<string, unknown>;
    expect(settings).toMatchObject({
      tlsCertFile: '/etc/kubernetes/kubelet.crt',
      tlsPrivateKeyFile: '/etc/kubernetes/kubelet.key',
    });
    expect(fileOf(two, kubelet)).toContain(
      'kubelet.yaml --kubeconfig /etc/kubernetes/kubelet.conf --node-ip 10.0.3.201',
    );
  });

  it('in size ha asks through the load balancer of its own machine', async () => {
    const config = await rendered('ha', 'w4', 4);
    for (const file of ['bootstrap-kubelet.conf', 'kube-proxy.conf']) {
      expect(fileOf(config, `/etc/kubernetes/${file}`)).toContain('server: "https://127.0.0.1:6444"');
    }
    expect(fileOf(config, '/etc/kubernetes/api-balancer.cfg')).toContain('server c2 10.0.3.102:6443');
  });
});

describe('certificates', () => {
  it('are made for the machines of the first boot only', async () => {
    const scaled = join(folder, 'scaled');
    await makeCertificates(withWorkers(createLayout({ name: 'scaled' }), 4), scaled);
    const files = await readdir(join(scaled, 'pki'));
    expect(files.filter((file) => /^kubelet-.*crt$/.test(file)).sort()).toEqual(
      ['c1', 'w1', 'w2'].map((name) => `kubelet-${name}.crt`),
    );
  });

  it('are signed by their authority, last ten years and name the machine', async () => {
    const pem = (name: string) => readFile(join(folder, 'default', 'pki', name), 'utf8');
    const authority = new X509Certificate(await pem('etcd-ca.crt'));
    const member = new X509Certificate(await pem('etcd-e2.crt'));
    expect(member.verify(authority.publicKey)).toBe(true);
    expect(member.verify(new X509Certificate(await pem('ca.crt')).publicKey)).toBe(false);
    expect(member.checkIP('10.0.3.52')).toBe('10.0.3.52');
    expect(member.checkIP('10.0.3.51')).toBeUndefined();
    const years = (Date.parse(member.validTo) - Date.now()) / (365.25 * 24 * 3_600_000);
    expect(years).toBeGreaterThan(9.9);
    expect(new X509Certificate(await pem('kubelet-w1.crt')).subject).toBe('O=system:nodes\nCN=system:node:w1');
  });

  it('name every controller, as the load balancers and the host reach them', async () => {
    const apiServer = new X509Certificate(await readFile(join(folder, 'ha', 'pki', 'apiserver.crt'), 'utf8'));
    for (const name of ['c1', 'c2', 'kubernetes.default.svc']) expect(apiServer.checkHost(name)).toBe(name);
    for (const address of ['10.0.3.101', '10.0.3.102', '127.0.0.1', '10.3.0.1']) {
      expect(apiServer.checkIP(address)).toBe(address);
    }
  });

  it('have keys that only their owner reads, and are made once', async () => {
    const key = join(folder, 'default', 'pki', 'ca.key');
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    const before = await readFile(key, 'utf8');
    await makeCertificates(createLayout({ name: 'default' }), join(folder, 'default'));
    expect(await readFile(key, 'utf8')).toBe(before);
  });
});
