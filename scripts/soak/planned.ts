import type { Lab } from '../lab/lab.ts';
import { openLab } from '../lab/open.ts';
import { amount, percent } from '../stage/words.ts';
import { FiredrillError, messageOf } from '../system/errors.ts';
import { playInARow } from './in-a-row.ts';
import { soakOptions } from './options.ts';
import { makeReady, operations, type Operation } from './planned-operations.ts';
import { SoakRecord, type Round } from './record.ts';
import { goodInARow, summaryLines, writeResult } from './results.ts';
import { slideRate, underStage, type StageRun } from './stage-run.ts';

/** Share of the requests asked for that must have been sent, for a round to say anything. */
const leastSentShare = 0.97;
/** Seconds that one operation is given. */
const withinSeconds = 900;

/**
 * Everything that is planned in the life of a cluster, under load: no request may be lost, until that was so `--rounds` times
 * in a row (10). Wants a lab of the default size on which nothing else goes on.
 * Options: `--rate N` requests a second (8,000: two cores don't have them to spare beside the work), `--rounds N`, `--only N`
 * for one round that is not recorded, `--lab NAME`, `--again`, `--write`.
 */
export async function soakPlanned(args: string[]): Promise<number> {
  const { rounds: wanted, lab: name, again, write, only, rate = slideRate } = soakOptions(args, 10);
  const lab = await openLab(name);
  const record = new SoakRecord(`planned-${rate}`);
  if (again) await record.forget();
  const play = async (round: number): Promise<Round> => {
    await inShell(lab, makeReady);
    const result = await playRound(round, operations, (operation) => operate(lab, operation, rate));
    say(result);
    return result;
  };
  if (only !== undefined) return (await play(only)).ok ? 0 : 1;
  const done = await playInARow(record, wanted, play);
  const good = goodInARow(done);
  process.stdout.write(`${good} rounds in a row lost no request. Recorded in ${record.path}\n`);
  if (write)
    await writeResult('planned', [
      `Under ${amount(rate)} requests a second:`,
      ...summaryLines(done.slice(-wanted), wanted),
    ]);
  return good >= wanted ? 0 : 1;
}

/** One operation after the other. One that did not work ends the round: those behind it would begin on what it left. */
export async function playRound(
  round: number,
  list: readonly Operation[],
  perform: (operation: Operation) => Promise<StageRun>,
): Promise<Round> {
  const startedAt = Date.now();
  const bad: string[] = [];
  let requests = 0;
  for (const operation of list) {
    try {
      const run = await perform(operation);
      requests += run.summary.requests;
      bad.push(...whyBad(run).map((why) => `${operation.name}: ${why}`));
    } catch (error) {
      bad.push(`${operation.name} did not work: ${messageOf(error)}`);
      break;
    }
  }
  const what = `${list.length} operations under ${amount(requests)} requests`;
  const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
  return bad.length === 0
    ? { round, ok: true, what, seconds }
    : { round, ok: false, what, seconds, why: bad.join('\n') };
}

/** Why an operation was no proof that nothing is lost; none where it was. */
export function whyBad({ summary, sentShare, warnings }: StageRun): string[] {
  const { failed, requests, causes } = summary;
  const caused = causes.map((cause) => `${amount(cause.failed)} by '${cause.says}'`).join(', ');
  return [
    ...(failed === 0 ? [] : [`${amount(failed)} of ${amount(requests)} requests failed: ${caused}`]),
    ...(sentShare >= leastSentShare ? [] : [`only ${percent(sentShare)} of the requests were sent in time`]),
    ...(warnings.length === 0 ? [] : [`the generator warned in ${warnings.length} s: ${warnings[0] ?? ''}`]),
  ];
}

async function operate(lab: Lab, { name, script }: Operation, rate: number): Promise<StageRun> {
  process.stdout.write(`     ${name}\n`);
  return underStage(lab, rate, () => inShell(lab, script));
}

/** @throws FiredrillError `operation-failed` with the last words of the script. */
async function inShell(lab: Lab, script: string): Promise<void> {
  const ran = await lab.onHost(`set -e\n${script}`, { timeoutSeconds: withinSeconds });
  if (ran.exitCode === 0) return;
  const said = `${ran.stdout}\n${ran.stderr}`.trim().split('\n').slice(-5).join(' / ');
  throw new FiredrillError(`it ended with ${ran.exitCode}: ${said}`, {
    code: 'operation-failed',
    remedy: "Look with 'npx firedrill lab status', and run the same again: it begins by making the lab ready.",
  });
}

function say({ round, ok, what, seconds, why }: Round): void {
  process.stdout.write(
    `${ok ? 'ok  ' : 'BAD '} ${round}  ${seconds} s  ${what}${why === undefined ? '' : `\n${why}`}\n`,
  );
}
