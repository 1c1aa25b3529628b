/** Cuts the power of containers, named as arguments, all at once. A program of its own, as a fault on the host is. */
import { endContainer } from '../lab/end-container.ts';
import { messageOf } from '../system/errors.ts';

const endings = await Promise.allSettled(process.argv.slice(2).map((container) => endContainer(['kill'], container)));
for (const ending of endings) {
  if (ending.status === 'fulfilled') continue;
  process.stderr.write(`${messageOf(ending.reason)}\n`);
  process.exitCode = 1;
}
