/**
 * Records the program in a terminal, as a scenario of scripts/record/scenarios/ says:
 * `npm run record -- NAME [--frames]` writes docs/cast/NAME.cast, and with `--frames` a few screens as docs/cast/NAME.txt.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inSubnet } from '../course/load.ts';
import { subnetOf } from '../lab/open.ts';
import { FiredrillError, Interrupted, withRemedy } from '../system/errors.ts';
import { writeAtomically } from '../system/files.ts';
import { checkoutFolder, stateFolder } from '../system/folders.ts';
import { castText, framesText } from './cast.ts';
import { record, size } from './record.ts';
import { parseScenario } from './scenario.ts';

const { values, positionals } = parseArgs({
  options: { frames: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [name] = positionals;
if (name === undefined) {
  process.stderr.write('Which scenario? For example: npm run record -- lesson-03 --frames\n');
  process.exit(2);
}
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    interruption.abort(new Interrupted());
  });
}
try {
  await recordNamed(name);
} catch (error) {
  process.stderr.write(`record ${name}: ${withRemedy(error)}\n`);
  process.exitCode = interruption.signal.aborted ? 130 : 3;
}

async function recordNamed(scenarioName: string): Promise<void> {
  const file = join(import.meta.dirname, 'scenarios', `${scenarioName}.yaml`);
  // Scenarios, as pages, are written for the default network.
  const subnet = await subnetOf(process.env['FIREDRILL_LAB'] ?? 'firedrill');
  const scenario = parseScenario(inSubnet(await readFile(file, 'utf8'), subnet), file);
  const words = [join(checkoutFolder, 'scripts', 'firedrill'), ...scenario.run.split(' ')];
  const { events, frames } = await record(words, scenario, {
    signal: interruption.signal,
    say: (what) => void process.stderr.write(`waiting for: ${what}\n`),
  });
  const cast = castText({ ...size, title: scenario.title }, events);
  requireNoFolders(cast);
  const path = join(checkoutFolder, 'docs', 'cast', scenarioName);
  await writeAtomically(`${path}.cast`, cast);
  if (values.frames) await writeAtomically(`${path}.txt`, framesText(frames, size.columns));
  process.stdout.write(
    `docs/cast/${scenarioName}.cast: ${Math.round(events.at(-1)?.[0] ?? 0)} s, ${Math.round(cast.length / 1000)} kB\n`,
  );
}

/** Folders of this computer are nobody else's business. @throws FiredrillError `tells-folders`. */
function requireNoFolders(cast: string): void {
  const told = [checkoutFolder, stateFolder()].find((folder) => cast.includes(folder));
  if (told === undefined) return;
  throw new FiredrillError(`The recording shows ${told}, a folder of this computer.`, {
    code: 'tells-folders',
    remedy: 'Leave out of the scenario what prints it.',
  });
}
