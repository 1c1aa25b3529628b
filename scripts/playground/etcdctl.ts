import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { readBundle } from '../bundle/bundle.ts';
import { machineNamed, playgroundClosed, type Place } from './place.ts';
import { lookAtRing, lookForLeader, orderToAsk, type Ring, type RingMember } from './ring.ts';

/**
 * Runs the bundle's etcdctl in this terminal. Returns its exit code. Of several endpoints etcdctl asks any, in no order, so
 * it is told of one, the leader: what a follower hands on may hang after a cut, and a member that is asked to remove itself
 * may stop before it answers (etcd 3.6: both seen). What turns to each endpoint is told of all that run.
 * @throws FiredrillError `playground-closed`, `unknown-member`, `bundle-missing`.
 */
export async function runEtcdctl(
  place: Place,
  args: readonly string[],
  options: { via?: string | undefined; signal: AbortSignal },
): Promise<number> {
  // Whoever names a member need not wait until one leads.
  const look = options.via === undefined ? lookForLeader(place, options) : lookAtRing(place, options.signal);
  const [{ bin }, ring] = await Promise.all([readBundle(), look]);
  if (!ring.open) throw playgroundClosed();
  const asked = options.via === undefined ? toAsk(ring, args) : [machineNamed(place, options.via)];
  // What the lab's shell says of the lab's own etcd must not reach this one.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('ETCDCTL_'));
  const endpoints = asked.map(({ port }) => `http://127.0.0.1:${port}`).join(',');
  const child = spawn(join(bin, 'etcdctl'), args, {
    stdio: 'inherit',
    env: { ...Object.fromEntries(own), ETCDCTL_ENDPOINTS: endpoints },
  });
  const stop = (): void => {
    child.kill('SIGTERM');
  };
  options.signal.addEventListener('abort', stop, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      options.signal.removeEventListener('abort', stop);
      if (options.signal.aborted) reject(options.signal.reason as Error);
      else resolve(code ?? 137);
    });
  });
}

/** Commands of etcdctl that turn to each endpoint that they are told. */
const turnToEach = ['endpoint', 'defrag'];

/** Each member that runs for such a command, or the one that knows best. Never none: etcdctl would ask its default. */
function toAsk(ring: Ring, args: readonly string[]): RingMember[] {
  const all = orderToAsk(ring);
  const command = args.find((arg) => !arg.startsWith('-')) ?? '';
  const running = all.filter(({ state }) => state !== 'stopped');
  return turnToEach.includes(command) && running.length > 0 ? running : all.slice(0, 1);
}
