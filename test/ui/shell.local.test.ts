import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FiredrillError } from '../../scripts/system/errors.ts';
import { wantsAccessible, wantsColour } from '../../scripts/ui/look.ts';
import { openShell, startOf, wantsRecord } from '../../scripts/ui/shell.ts';
import type { LearnerCommand } from '../../scripts/ui/shell-record.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-test-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** What bash prints for `command` after its start-up files were read. */
async function inBash(environment: Record<string, string>, command: string): Promise<string> {
  const start = startOf('/bin/bash', environment, folder);
  for (const [name, content] of Object.entries(start.files)) await writeFile(join(folder, name), content);
  const { stdout } = await promisify(execFile)(start.file, [...start.args, '-c', `. ${folder}/bashrc; ${command}`], {
    env: { HOME: folder, PATH: '/usr/bin:/bin', ...start.environment },
  });
  return stdout;
}

describe('bash', () => {
  it('has the environment, even where the own start-up file sets another', async () => {
    await writeFile(join(folder, '.bashrc'), 'export KUBECONFIG=/home/me/.kube/config PATH=/mine:$PATH\n');
    const said = await inBash({ KUBECONFIG: "/lab's/config", PATH: '/lab/bin' }, 'echo "$KUBECONFIG $PATH"');
    expect(said).toContain("/lab's/config /lab/bin:/mine:/lab/bin");
  });

  it.each([
    ['kubectl get po', 'po after get, word 2 of kubectl get po'],
    ['kubectl get ', ' after get, word 2 of kubectl get '],
    ['kubectl --namespace=kube-system get p', 'p after get, word 3 of kubectl --namespace=kube-system get p'],
    ['kubectl get --namespace=ku', '--namespace=ku after get, word 2 of kubectl get --namespace=ku'],
  ])('completes %j, with and without the package bash-completion', async (line, expected) => {
    const completion = [
      '__start_kubectl() {',
      '  local cur prev words cword',
      '  _get_comp_words_by_ref -n =: cur prev words cword',
      '  echo "<$cur after $prev, word $cword of ${words[*]}>"',
      '}',
    ].join('\n');
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin/kubectl'), `#!/bin/sh\ncat <<'END'\n${completion}\nEND\n`, { mode: 0o755 });
    // As bash itself parts the words: at '=' too.
    const words = line.split(/ |(?<==)|(?==)/).map((word) => `'${word}'`);
    const typed = `COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDS=(${words.join(' ')}) COMP_CWORD=${words.length - 1}`;
    const said = await inBash({ PATH: `${folder}/bin:/usr/bin:/bin` }, `${typed}; __start_kubectl`);
    expect(said).toContain(`<${expected}>`);
  });

  it.each(['', 'PROMPT_COMMAND="true;"', 'PROMPT_COMMAND=true'])('marks the prompt once after %j', async (own) => {
    await writeFile(join(folder, '.bashrc'), `PS1='me$ '\n${own}\n`);
    expect(await inBash({}, 'eval "$PROMPT_COMMAND"; eval "$PROMPT_COMMAND"; echo "<$PS1>"')).toContain('<(lab) me$ >');
  });
});

it('gives zsh a folder of start-up files, and any other shell its environment', () => {
  const zsh = startOf('/usr/bin/zsh', { KUBECONFIG: '/k' }, '/tmp/x');
  expect(zsh.environment['ZDOTDIR']).toBe('/tmp/x');
  expect(zsh.files['.zshrc']).toContain('export KUBECONFIG=/k');
  expect(zsh.files['.zshrc']).toContain('for _lab_program in kubectl etcdctl etcdutl; do');
  // A dump goes to a new file that is renamed: for root, also in the place of a device.
  expect(zsh.files['.zshrc']).toContain('compinit -u -D ');
  expect(startOf('/usr/bin/fish', { KUBECONFIG: '/k' }, '/tmp/x')).toEqual({
    file: '/usr/bin/fish',
    args: [],
    environment: { PS1: '(lab) $ ', KUBECONFIG: '/k' },
    files: {},
    tells: false,
  });
});

describe('recording', () => {
  /** Opens bash with these lines on its standard input, and returns what it said and told. */
  async function typed(lines: readonly string[], isRecorded: boolean) {
    const shell = join(folder, 'bash');
    await writeFile(shell, '#!/bin/sh\nexec /bin/bash "$@" <"$HOME/typed" >"$HOME/said" 2>&1\n', { mode: 0o755 });
    await writeFile(join(folder, 'typed'), `${lines.join('\n')}\n`);
    await writeFile(join(folder, '.bashrc'), 'HISTCONTROL=ignoreboth\nPROMPT_COMMAND=true\n');
    const told: LearnerCommand[] = [];
    const record = { where: '/log of mine', take: (command: LearnerCommand) => told.push(command) };
    const exitCode = await openShell({ HOME: folder }, { shell, ...(isRecorded ? { record } : {}) });
    return { exitCode, told, said: await readFile(join(folder, 'said'), 'utf8') };
  }

  it('tells of each command, its time and exit code; not of secrets, nor of what begins with a blank', async () => {
    const before = Date.now();
    const lines = ['false', 'false', 'export TOKEN=abc123', ' echo hidden', '', 'for i in 1 2; do', 'true', 'done'];
    const { exitCode, told, said } = await typed([...lines, 'exec 3>/dev/null', 'exit 3'], true);
    expect(exitCode).toBe(3);
    expect(told.map(({ command, exitCode: code }) => [command, code])).toEqual([
      ['false', 1],
      ['false', 1],
      ['export TOKEN=***', 0],
      ['for i in 1 2; do true; done', 0],
      ['exec 3>/dev/null', 0],
    ]);
    const times = told.map(({ at }) => Date.parse(at));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times[0]).toBeGreaterThanOrEqual(before - 1);
    expect(times.at(-1)).toBeLessThanOrEqual(Date.now());
    expect(said).toContain('in /log of mine');
  });

  it('is off by default, and then the shell has nothing of it', async () => {
    const { told, said } = await typed(['false', 'echo "<$(type -t _lab_tell)$HISTCONTROL>"', 'exit'], false);
    expect(told).toEqual([]);
    expect(said).not.toContain('Recorded');
    expect(said).toContain('<ignoreboth>');
    expect(wantsRecord(undefined, {})).toBe(false);
    expect(wantsRecord(undefined, { FIREDRILL_RECORD: '0' })).toBe(false);
    expect([wantsRecord(undefined, { FIREDRILL_RECORD: '1' }), wantsRecord(true, {})]).toEqual([true, true]);
  });

  it('hooks into zsh as well, and into no other shell', () => {
    const zsh = startOf('/usr/bin/zsh', {}, '/tmp/x', '/log');
    expect(zsh.tells).toBe(true);
    expect(zsh.files['.zshrc']).toContain('add-zsh-hook preexec _lab_begins');
    expect(startOf('/usr/bin/zsh', {}, '/tmp/x').files['.zshrc']).not.toContain('_lab_begins');
    expect(startOf('/usr/bin/fish', {}, '/tmp/x', '/log').tells).toBe(false);
  });
});

it('returns the exit code and removes what it wrote', async () => {
  vi.stubEnv('TMPDIR', folder);
  const options = { shell: '/bin/sh', args: ['-c', 'exit $WANTED'] };
  await expect(openShell({ WANTED: '7' }, options)).resolves.toBe(7);
  expect(await readdir(folder)).toEqual([]);
});

it('says what to do where there is no such shell', async () => {
  const opened = openShell({}, { shell: '/no/such/shell' });
  await expect(opened).rejects.toBeInstanceOf(FiredrillError);
  await expect(opened).rejects.toMatchObject({ code: 'shell-missing' });
});

it('is hung up by its signal', async () => {
  const stop = new AbortController();
  const options = { shell: '/bin/sh', args: ['-c', 'touch "$STARTED"; exec sleep 60'], signal: stop.signal };
  const opened = openShell({ STARTED: join(folder, 'started') }, options);
  await vi.waitFor(async () => {
    expect(await readdir(folder)).toContain('started');
  });
  stop.abort();
  await expect(opened).resolves.toBe(128 + 1);
});

describe('how it looks', () => {
  it('has no colour without a terminal, with NO_COLOR, on a dumb terminal', () => {
    expect(wantsColour({ isTTY: true }, {})).toBe(true);
    expect(wantsColour({}, {})).toBe(false);
    expect(wantsColour({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
    expect(wantsColour({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
  });

  it('is accessible where it was asked for', () => {
    expect([{}, { ACCESSIBLE: '0' }, { ACCESSIBLE: '1' }].map((env) => wantsAccessible(env))).toEqual([
      false,
      false,
      true,
    ]);
  });
});
