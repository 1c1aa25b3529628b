/**
 * Measures the lab against a bare `docker run` on the same computer, and prints tables in Markdown:
 * `npm run bench [-- --rounds N] [--without-app]`. The lab is one of its own.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openLab } from '../lab/open.ts';
import { Interrupted, withRemedy } from '../system/errors.ts';
import { loadApp, loadTable, type AppLoad } from './app-load.ts';
import { benchLab, withBenchLab } from './bench-lab.ts';
import { measureLab } from './lab-times.ts';
import { costOfMeasuring, measuringTable } from './measuring.ts';
import { loadByStage, stageTable } from './stage-load.ts';
import { timesTable } from './table.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, 'without-app': { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write('--rounds takes a whole number from 1 on.\n');
  process.exit(2);
}
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    interruption.abort(new Interrupted());
  });
}
try {
  process.stdout.write(`${(await withBenchLab(bench)).join('\n')}\n`);
  process.exit(0);
} catch (error) {
  process.stderr.write(`bench: ${withRemedy(error)}\n`);
  process.exit(interruption.signal.aborted ? 130 : 3);
}

async function bench(): Promise<string[]> {
  const { signal } = interruption;
  let loads: AppLoad[] = [];
  let byStage: string[] = [];
  let measuring: string[] = [];
  const busyBefore = loadavg()[0] ?? 0;
  const { bare, measured } = await measureLab(rounds, {
    signal,
    say: (what) => void process.stderr.write(`${what}\n`),
    onLastLab: async () => {
      const lab = await openLab(benchLab.name);
      measuring = measuringTable(await costOfMeasuring(lab, signal));
      if (values['without-app']) return;
      loads = await loadApp(lab, signal);
      byStage = stageTable(await loadByStage(lab, signal));
    },
  });
  const computer = `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`;
  return [
    `On ${computer}; load before it began: ${busyBefore.toFixed(1)}. ${new Date().toISOString().slice(0, 10)}.`,
    '',
    ...timesTable(measured, bare),
    '',
    'What measuring costs:',
    '',
    ...measuring,
    ...(loads.length > 0 ? ['', 'The guestbook, open loop:', '', ...loadTable(loads)] : []),
    ...(byStage.length > 0 ? ['', 'The same, as `firedrill stage` loads it:', '', ...byStage] : []),
  ];
}
