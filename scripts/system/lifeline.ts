import { spawn } from 'node:child_process';

/**
 * Ends another process when this one is gone, however it went: a shell waits for the end of its stdin, which only this
 * process holds open. For children that would not notice otherwise.
 * @returns releases it: the process has ended, or may live on.
 */
export function endsWithUs(pid: number): () => void {
  const watch = spawn('sh', ['-c', 'read -r _; kill -KILL "$1" 2>/dev/null', 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C in the terminal must not end it first.
    detached: true,
  });
  // Where no shell can be started, the process only lives as long as it would.
  watch.on('error', () => undefined);
  watch.stdin.on('error', () => undefined);
  return () => {
    watch.kill('SIGKILL');
  };
}
