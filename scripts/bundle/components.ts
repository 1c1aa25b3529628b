/** Every pinned version of the lab's programs. Change one here and in `go/<component>/go.mod`, and the bundle is made anew. */

export type Architecture = 'amd64' | 'arm64';

/** One file of a project's official release, and where its checksum is published. */
export interface Release {
  url: string;
  /** A file with the SHA-256 alone, or lines of `<sha256>  <file name>`. */
  checksumUrl: string;
  /** Path in the bundle -> path in the archive; '' where the download is the program itself. */
  files: Readonly<Record<string, string>>;
}

export interface Component {
  name: string;
  version: string;
  /** How to build it from Go modules: path in the bundle -> main package. Its go.mod is in `go/<name>/`. */
  packages: Readonly<Record<string, string>>;
  tags?: string;
  /** Values set by the linker: variable -> value. Without them the programs do not know their own version. */
  stamps?: Readonly<Record<string, string>>;
  /** Needs a C compiler and libseccomp; linked statically. */
  cgo?: boolean;
  releases: (architecture: Architecture) => readonly Release[];
  /** Seconds of a cold build on two cores, and MB of the official downloads: only for the time left. */
  cost: { buildSeconds: number; downloadMegabytes: number };
}

const github = (project: string, version: string): string =>
  `https://github.com/${project}/releases/download/${version}`;

function kubernetes(options: {
  name: string;
  version: string;
  folder: 'bin' | 'older';
  programs: readonly string[];
  cost: Component['cost'];
}): Component {
  const { name, version, folder, programs, cost } = options;
  const [major = '', minor = ''] = version.split('.');
  const stamp = 'k8s.io/component-base/version.git';
  return {
    name,
    version,
    cost,
    packages: Object.fromEntries(
      programs.map((program) => [`${folder}/${program}`, `k8s.io/kubernetes/cmd/${program}`]),
    ),
    stamps: {
      [`${stamp}Version`]: `v${version}`,
      [`${stamp}Major`]: major,
      [`${stamp}Minor`]: minor,
      [`${stamp}TreeState`]: 'clean',
    },
    releases: (architecture) =>
      programs.map((program) => {
        const url = `https://dl.k8s.io/v${version}/bin/linux/${architecture}/${program}`;
        return { url, checksumUrl: `${url}.sha256`, files: { [`${folder}/${program}`]: '' } };
      }),
  };
}

const cniPlugins = { bridge: 'main', loopback: 'main', 'host-local': 'ipam', portmap: 'meta' };

/** Costs were measured on two cores. Small ones first: what fails, fails early. */
export const components: readonly Component[] = [
  {
    name: 'etcd',
    version: '3.6.8',
    cost: { buildSeconds: 23, downloadMegabytes: 23 },
    packages: {
      'bin/etcd': 'go.etcd.io/etcd/server/v3',
      'bin/etcdctl': 'go.etcd.io/etcd/etcdctl/v3',
      'bin/etcdutl': 'go.etcd.io/etcd/etcdutl/v3',
    },
    releases: (architecture) => {
      const folder = `etcd-v3.6.8-linux-${architecture}`;
      const base = github('etcd-io/etcd', 'v3.6.8');
      const files = Object.fromEntries(
        ['etcd', 'etcdctl', 'etcdutl'].map((name) => [`bin/${name}`, `${folder}/${name}`]),
      );
      return [{ url: `${base}/${folder}.tar.gz`, checksumUrl: `${base}/SHA256SUMS`, files }];
    },
  },
  {
    name: 'cni',
    version: '1.9.1',
    cost: { buildSeconds: 4, downloadMegabytes: 53 },
    packages: Object.fromEntries(
      Object.entries(cniPlugins).map(([plugin, kind]) => [
        `cni/${plugin}`,
        `github.com/containernetworking/plugins/plugins/${kind}/${plugin}`,
      ]),
    ),
    stamps: { 'github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion': 'v1.9.1' },
    releases: (architecture) => {
      const url = `${github('containernetworking/plugins', 'v1.9.1')}/cni-plugins-linux-${architecture}-v1.9.1.tgz`;
      const files = Object.fromEntries(Object.keys(cniPlugins).map((plugin) => [`cni/${plugin}`, `./${plugin}`]));
      return [{ url, checksumUrl: `${url}.sha256`, files }];
    },
  },
  {
    name: 'runc',
    version: '1.4.3',
    cost: { buildSeconds: 10, downloadMegabytes: 12 },
    packages: { 'bin/runc': 'github.com/opencontainers/runc' },
    // Without seccomp pods fail with "seccomp not supported".
    tags: 'seccomp,netgo,osusergo',
    cgo: true,
    releases: (architecture) => {
      const base = github('opencontainers/runc', 'v1.4.3');
      return [
        { url: `${base}/runc.${architecture}`, checksumUrl: `${base}/runc.sha256sum`, files: { 'bin/runc': '' } },
      ];
    },
  },
  {
    name: 'vegeta',
    version: '12.13.0',
    cost: { buildSeconds: 6, downloadMegabytes: 5 },
    packages: { 'bin/vegeta': 'github.com/tsenart/vegeta/v12' },
    stamps: { 'main.Version': '12.13.0' },
    releases: (architecture) => {
      const base = github('tsenart/vegeta', 'v12.13.0');
      return [
        {
          url: `${base}/vegeta_12.13.0_linux_${architecture}.tar.gz`,
          checksumUrl: `${base}/vegeta_12.13.0_checksums.txt`,
          files: { 'bin/vegeta': 'vegeta' },
        },
      ];
    },
  },
  {
    name: 'containerd',
    version: '2.4.2',
    cost: { buildSeconds: 43, downloadMegabytes: 35 },
    packages: Object.fromEntries(
      ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((program) => [
        `bin/${program}`,
        `github.com/containerd/containerd/v2/cmd/${program}`,
      ]),
    ),
    tags: 'no_btrfs,no_zfs,no_devmapper',
    stamps: { 'github.com/containerd/containerd/v2/version.Version': 'v2.4.2' },
    releases: (architecture) => {
      // The static one: the machines need not have the C library of the release's build host.
      const url = `${github('containerd/containerd', 'v2.4.2')}/containerd-static-2.4.2-linux-${architecture}.tar.gz`;
      const programs = ['containerd', 'containerd-shim-runc-v2', 'ctr'];
      const files = Object.fromEntries(programs.map((program) => [`bin/${program}`, `bin/${program}`]));
      return [{ url, checksumUrl: `${url}.sha256sum`, files }];
    },
  },
  {
    name: 'coredns',
    version: '1.15.0',
    cost: { buildSeconds: 80, downloadMegabytes: 20 },
    packages: { 'bin/coredns': 'github.com/coredns/coredns' },
    releases: (architecture) => {
      const url = `${github('coredns/coredns', 'v1.15.0')}/coredns_1.15.0_linux_${architecture}.tgz`;
      return [{ url, checksumUrl: `${url}.sha256`, files: { 'bin/coredns': 'coredns' } }];
    },
  },
  kubernetes({
    name: 'kubernetes',
    version: '1.37.2',
    folder: 'bin',
    programs: ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'],
    cost: { buildSeconds: 345, downloadMegabytes: 400 },
  }),
  // The minor before: for the drill in which a node runs an older kubelet.
  kubernetes({
    name: 'kubernetes-older',
    version: '1.36.3',
    folder: 'older',
    programs: ['kubelet', 'kube-proxy'],
    cost: { buildSeconds: 136, downloadMegabytes: 110 },
  }),
];

/** The architecture of the lab's machines: the host's own. */
export const hostArchitecture = (): Architecture => (process.arch === 'arm64' ? 'arm64' : 'amd64');

/** Paths in the bundle that a component yields. */
export const filesOf = (component: Component): string[] => Object.keys(component.packages);

/** Pinned version of a component, without the `v`. */
export function componentVersion(name: string): string {
  const found = components.find((component) => component.name === name);
  if (!found) throw new Error(`the bundle has no component ${name}`);
  return found.version;
}
