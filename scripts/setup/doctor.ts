import { release } from 'node:os';
import { cacheFolder, labFolder, stateFolder } from '../system/folders.ts';
import type { Layout } from '../lab/layout.ts';
import { isMade, type BundleLook } from './bundle-look.ts';
import { fine, isReady, problem, warning, type Finding } from './finding.ts';
import { lookAround } from './look.ts';
import { bytesToRun, diskFinding, inotifyFinding, memoryFinding, networkFindings } from './look-at-room.ts';
import { engineDetails, engineFinding, programFindings, systemFinding, vagrantFinding } from './look-at-programs.ts';
import type { Host } from './host.ts';

/** Faults that were injected and not undone. */
export interface FaultFacts {
  /** Titles of those that a running program looks after. */
  running: readonly string[];
  /** Those whose program has ended. */
  orphans: readonly { id: string; title: string }[];
  /** What is on machines and in no journal: the machine and the fault's id. */
  unknown: readonly string[];
}

/** What doctor is told by the layers that it may not ask itself, or that tests make up. */
export interface DoctorFacts {
  labName: string;
  /** Version of this program. */
  version: string;
  bundle: BundleLook;
  /** Of the lab, made or still to be made. */
  layout: Layout;
  faults: FaultFacts;
}

/** Looks at everything that the lab needs, and changes nothing. */
export async function examine(host: Host, facts: DoctorFacts): Promise<Finding[]> {
  const bundleComplete = isMade(facts.bundle);
  const [look, details, vagrant, disk, memory, inotify, network] = await Promise.all([
    lookAround(host, { bundleComplete }),
    engineDetails(host, bytesToRun),
    vagrantFinding(host),
    diskFinding(host, cacheFolder(), bundleComplete),
    memoryFinding(host, facts.layout),
    inotifyFinding(host, facts.layout),
    networkFindings(host, facts.layout),
  ]);
  return [
    systemFinding(host),
    engineFinding(look.engine),
    ...details,
    vagrant,
    ...programFindings(look),
    disk,
    memory,
    ...(inotify ? [inotify] : []),
    ...network,
    bundleFinding(facts),
    faultsFinding(facts),
    ...folderFindings(facts),
  ];
}

function bundleFinding({ bundle }: DoctorFacts): Finding {
  if ('folder' in bundle) return fine('bundle', 'complete');
  if (bundle.supply !== undefined) {
    const remedy = "Run 'npx firedrill bundle build' to have it here. 'npx firedrill lab up' does so, too.";
    return warning('bundle', `not here yet; ${bundle.supply} has it`, remedy);
  }
  // Whoever hears "ready" at home will be in a room with bad Wi-Fi.
  return problem('bundle', bundle.lacking, howToGetTheBundle);
}

const howToGetTheBundle = [
  "Run 'npx firedrill bundle build' while you have a good network (some minutes; with '--from URL|FILE' if you were given one).",
  "'npx firedrill lab up' would do so, too, and then needs that network.",
].join('\n');

function faultsFinding({ faults: { running, orphans, unknown } }: DoctorFacts): Finding {
  const inForce = running.length === 0 ? [] : [`in force, by a program that runs: ${running.join('; ')}`];
  if (orphans.length + unknown.length === 0) return fine('faults', inForce[0] ?? 'none left behind');
  const saw: string[] = [];
  const remedy: string[] = [];
  if (orphans.length > 0) {
    saw.push(`not undone: ${orphans.map(({ title }) => title).join('; ')}`);
    // All of them would end the drill that runs, too.
    const which = running.length === 0 ? ['--all'] : orphans.map(({ id }) => id);
    remedy.push(`Run ${which.map((one) => `'npx firedrill faults undo ${one}'`).join(' and ')}.`);
  }
  if (unknown.length > 0) {
    saw.push(`in no journal, but on ${unknown.join(', ')}`);
    remedy.push("What no journal knows ends with its lease: wait two minutes. If it stays: 'npx firedrill reset'.");
  }
  return problem('faults', [...saw, ...inForce].join('. '), remedy.join('\n'));
}

const folderFindings = ({ labName, version }: DoctorFacts): Finding[] => [
  fine('folders', `cache ${cacheFolder()}, state ${stateFolder()}, lab ${labFolder(labName)}`),
  fine('versions', `firedrill ${version}, Node.js ${process.version}, kernel ${release()}`),
];

const marks = { ok: 'ok     ', warning: 'warning', problem: 'problem' } as const;

/** Findings for a person, as lines, with the verdict at the end. */
export function describeFindings(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const indent = ' '.repeat(marks.ok.length + width + 4);
  const lines = findings.flatMap(({ name, level, saw, remedy }) => [
    `${marks[level]}  ${name.padEnd(width)}  ${saw}`,
    ...(remedy ?? '').split('\n').flatMap((line) => (line === '' ? [] : [`${indent}-> ${line}`])),
  ]);
  return [...lines, '', conclusion(findings)];
}

function conclusion(findings: readonly Finding[]): string {
  const named = (level: Finding['level']) => findings.filter((one) => one.level === level).map(({ name }) => name);
  const [problems, warnings] = [named('problem'), named('warning')];
  if (!isReady(findings)) return `You are not ready yet. What is missing: ${problems.join(', ')}.`;
  if (warnings.length > 0) return `You are ready. Look at the warnings first: ${warnings.join(', ')}.`;
  return 'You are ready.';
}
