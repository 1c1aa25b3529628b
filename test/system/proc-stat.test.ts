import { cpuUsage, pid, ppid } from 'node:process';
import { expect, it } from 'vitest';
import { cpuSecondsOf, statOf } from '../../scripts/system/proc-stat.ts';

it.runIf(process.platform === 'linux')("tells a process's parent, and the time that it has worked", async () => {
  expect((await statOf(pid))?.[1]).toBe(String(ppid));
  const { user, system } = cpuUsage();
  const told = await cpuSecondsOf(pid);
  // The kernel counts whole hundredths.
  expect(told).toBeGreaterThan((user + system) / 1e6 - 0.05);
  expect(told).toBeLessThan((user + system) / 1e6 + 1);
});

it('knows nothing of a process that there is not', async () => {
  expect(await statOf('4194305')).toBeUndefined();
  expect(await cpuSecondsOf('4194305')).toBe(0);
});
