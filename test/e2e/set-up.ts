import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { waitUntil } from '../../scripts/system/wait.ts';
import { filesLeft, leftOfTheLab, tracesOf } from '../support/left.ts';
import { programPath, testLab } from '../support/program.ts';

const engineAnswers = async (): Promise<boolean> =>
  (await execa('docker', ['version'], { reject: false })).exitCode === 0;

const labs = [testLab.name, `${testLab.name}-2`, `${testLab.name}-playground`];
let engineWasUp = true;
/** The state folder of all tests, where nobody gave one. */
let folder: string | undefined;
let before: readonly string[] = [];

/** What the lab needs of this computer, before the first test: packages, a running engine, the bundle. */
export async function setup(): Promise<void> {
  // Before the first run of the program, which may leave files as well.
  const files = await filesLeft(labs);
  engineWasUp = await engineAnswers();
  if (process.env['FIREDRILL_TEST_STATE'] === undefined) {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-state-'));
    process.env['FIREDRILL_TEST_STATE'] = folder;
  }
  const env = { XDG_STATE_HOME: testLab.environment.XDG_STATE_HOME };
  await execa(programPath, ['setup', '--yes'], { env, stdio: 'inherit' });
  await execa(programPath, ['bundle', 'build'], { env, stdio: 'inherit' });
  before = [...files, ...(await Promise.all(labs.map(leftOfTheLab))).flat()];
}

/** Removes what the files share, the lab too, and fails where something of theirs is left. */
export async function teardown(): Promise<void> {
  try {
    await execa(programPath, ['lab', 'destroy', '--yes'], { env: testLab.environment });
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    await requireNothingLeft();
  } finally {
    await endEngine();
  }
}

async function requireNothingLeft(): Promise<void> {
  let left: readonly string[] = [];
  const look = async () => {
    left = (await tracesOf(labs)).filter((trace) => !before.includes(trace));
    return left.length === 0;
  };
  await waitUntil(look, {
    what: 'the tests have left nothing behind',
    // A unit test that somebody runs beside these has a folder for a moment.
    deadlineSeconds: 5,
    everySeconds: 1,
    saw: () => left.join(', '),
  });
}

/** Ends the engine where it was started for the tests and nothing else looks after it. */
async function endEngine(): Promise<void> {
  const first = (await readFile('/proc/1/comm', 'utf8').catch(() => '')).trim();
  if (engineWasUp || first === 'systemd') return;
  const pid = Number(await readFile('/var/run/docker.pid', 'utf8'));
  process.kill(pid, 'SIGTERM');
  await waitUntil(() => !alive(pid), { what: 'the docker engine has ended', deadlineSeconds: 60 });
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
