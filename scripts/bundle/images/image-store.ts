import { createHash } from 'node:crypto';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run, runOrThrow } from '../../system/run.ts';
import { components } from '../components.ts';
import { pinsOf } from '../pins.ts';
import type { MakeOptions } from './debian-root.ts';

export interface StoreOptions extends MakeOptions {
  bundleFolder: string;
  machineImage: string;
  /** File names under `<bundleFolder>/images`. */
  archives: readonly string[];
}

/**
 * Runs in a container: imports every archive into a fresh containerd root, and packs that.
 *
 * The layers themselves are dropped after they were unpacked: pods start from the snapshots, and containerd 2 lists an
 * image without them (`images.Check` wants only the manifest). That halves what each machine has to copy.
 */
export const storeScript = `
mkdir -p /run/containerd
cat > /run/containerd.toml <<'TOML'
version = 3
disabled_plugins = ['io.containerd.grpc.v1.cri']
TOML
containerd --config /run/containerd.toml --log-level warn &
for attempt in $(seq 100); do ctr version >/dev/null 2>&1 && break; sleep 0.1; done
for archive in "$@"; do
  echo "unpacking $archive"
  ctr --namespace k8s.io images import --local --discard-unpacked-layers --snapshotter overlayfs "/images/$archive"
done
# Collects the garbage now: the layers.
ctr --namespace k8s.io content prune references
kill %1
wait %1 || true
cd /var/lib/containerd
rm -rf io.containerd.runtime* io.containerd.sandbox* io.containerd.grpc* tmpmounts
tar --create --file /out/image-store.tar --numeric-owner --xattrs --xattrs-include='*' .
chown "$OWNER" /out/image-store.tar 2>/dev/null || true
`;

/**
 * The image store of these archives, made where it is missing: a tar of a containerd root with every image unpacked.
 * Unpack it (as root) into a machine's `/var/lib/containerd` before containerd starts there.
 * @returns its path.
 */
export async function ensureImageStore(options: StoreOptions): Promise<string> {
  const { bundleFolder, archives, signal } = options;
  const hash = hashOfStore(archives);
  const path = join(bundleFolder, imageStoreName(archives));
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (there) return path;
  for (const name of await readdir(bundleFolder)) {
    if (name.startsWith('image-store-')) await rm(join(bundleFolder, name), { recursive: true, force: true });
  }
  const out = join(bundleFolder, `image-store-${hash}.new`);
  await mkdir(out);
  const name = `firedrill-image-store-${hash}`;
  // Where a killed run left them.
  const remove = async (): Promise<void> => {
    await run('docker', ['rm', '--force', '--volumes', name]);
  };
  await remove();
  try {
    await runOrThrow('docker', dockerArguments(name, out, options), { signal, onLine: options.onProgress });
    await rename(join(out, 'image-store.tar'), path);
  } finally {
    await remove();
    await rm(out, { recursive: true, force: true });
  }
  return path;
}

/** Of the store of these archives: another archive or containerd gives another name. */
export const imageStoreName = (archives: readonly string[]): string => `image-store-${hashOfStore(archives)}.tar`;

const hashOfStore = (archives: readonly string[]): string => {
  const containerd = components.filter((component) => component.name === 'containerd').map(pinsOf);
  return createHash('sha256')
    .update(JSON.stringify([archives, containerd, storeScript]))
    .digest('hex')
    .slice(0, 12);
};

function dockerArguments(name: string, out: string, options: StoreOptions): string[] {
  const { bundleFolder, machineImage, archives } = options;
  return [
    ...['run', '--rm', '--name', name, '--network', 'none'],
    // To mount overlays; not `--privileged`, which some hosts cannot give.
    ...['--cap-add', 'SYS_ADMIN', '--cap-add', 'MKNOD'],
    ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
    // An overlay cannot lie on docker's own overlay: an anonymous volume, gone with the container.
    ...['--volume', '/var/lib/containerd', '--tmpfs', '/run'],
    ...[
      '--volume',
      `${join(bundleFolder, 'bin')}:/opt/bin:ro`,
      '--volume',
      `${join(bundleFolder, 'images')}:/images:ro`,
    ],
    ...['--volume', `${out}:/out`],
    ...['--env', 'PATH=/opt/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ...['--env', `OWNER=${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`],
    ...[machineImage, 'bash', '-euc', storeScript, 'store', ...archives],
  ];
}
