import { expect, test } from 'vitest';
import { endContainer } from '../../scripts/lab/end-container.ts';
import type { CommandResult } from '../../scripts/system/run.ts';

const ok = (stdout = ''): CommandResult => ({ stdout, stderr: '', exitCode: 0 });
const refused = (stderr: string): CommandResult => ({ stdout: '', stderr, exitCode: 1 });
const frozen =
  'Could not kill running container abc, cannot remove - tried to kill container, but did not receive an exit event';

function fakeDocker(...endings: CommandResult[]) {
  const did: string[] = [];
  const looks: CommandResult[] = [];
  const docker = (args: readonly string[]): Promise<CommandResult> => {
    did.push(args[0] ?? '');
    if (args[0] === 'inspect') {
      if (looks.length > 0) return Promise.resolve(looks.shift() ?? ok());
      return Promise.resolve(ok(args.includes('{{.Id}}') ? 'abcdef\n' : 'sha256:1\n'));
    }
    if (args[0] === 'run') return Promise.resolve(ok());
    return Promise.resolve(endings.shift() ?? ok());
  };
  return { did, docker, looks };
}

test('a container that ends is ended once', async () => {
  const { did, docker } = fakeDocker(ok());
  await endContainer(['rm', '--force'], 'abc', { docker });
  expect(did).toEqual(['rm']);
});

test('one with a frozen process is thawed, and ended again', async () => {
  const { did, docker } = fakeDocker(refused(frozen), ok());
  await endContainer(['rm', '--force'], 'abc', { docker });
  expect(did).toEqual(['rm', 'inspect', 'inspect', 'run', 'rm']);
});

test('one that somebody else removes is waited for until it is gone', async () => {
  const { did, docker, looks } = fakeDocker(
    refused('Error response from daemon: removal of container abc is already in progress'),
  );
  looks.push(ok('abcdef'), refused('Error: No such object: abc'));
  await endContainer(['rm', '--force'], 'abc', { docker });
  expect(did).toEqual(['rm', 'inspect', 'inspect']);
});

test('one that is gone already needs no removal', async () => {
  const { did, docker } = fakeDocker(refused('Error: No such container: abc'));
  await endContainer(['rm', '--force'], 'abc', { docker });
  expect(did).toEqual(['rm']);
});

test('what cannot be ended for another reason is said', async () => {
  const { did, docker } = fakeDocker(refused('No such container: abc'));
  await expect(endContainer(['kill'], 'abc', { docker })).rejects.toThrow(
    /'?docker kill abc'? failed[^]*No such container/,
  );
  expect(did).toEqual(['kill']);
  const { docker: stuck } = fakeDocker(refused(frozen), refused(frozen));
  await expect(endContainer(['stop'], 'abc', { docker: stuck })).rejects.toThrow('did not receive an exit event');
});
