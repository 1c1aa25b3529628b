import { withRemedy } from '../system/errors.ts';

/** Takes the words after its name, and returns an exit code: 0 where every round was good. */
export type Soak = (args: string[]) => Promise<number>;

/** Long tests on a real lab, each in a file of its own: `npm run soak -- NAME [options]`. */
const soaks: Record<string, () => Promise<Soak>> = {
  faults: async () => (await import('./fault-rounds.ts')).soakFaults,
  resets: async () => (await import('./resets.ts')).soakResets,
  planned: async () => (await import('./planned.ts')).soakPlanned,
  lessons: async () => (await import('./lessons.ts')).soakLessons,
};

const [name = '', ...args] = process.argv.slice(2);
const load = soaks[name];
if (!load) {
  process.stderr.write(
    `Which one? ${Object.keys(soaks).join(', ')}. For example: npm run soak -- faults --rounds 200 --write\n`,
  );
  process.exit(2);
}
try {
  process.exit(await (await load())(args));
} catch (error) {
  process.stderr.write(`soak ${name}: ${withRemedy(error)}\n`);
  process.exit(3);
}
