import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runAgainInDockerGroup } from '../../scripts/setup/docker-group.ts';
import { runOrThrow } from '../../scripts/system/run.ts';
import { temporaryFolder } from '../bundle/folder.ts';

const host = { find: (program: string) => Promise.resolve(`/usr/bin/${program}`) };
const noSignal = new AbortController().signal;
let folder = '';

/** Stands in for `sg`, which asks who may: it notes the group, and stays between the two as the real one does. */
const standIn = '#!/bin/sh\necho "$1" >> "$(dirname "$0")/groups"\nsh -c "$3"\nexit $?\n';

beforeEach(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder, 'sg'), standIn);
  await chmod(join(folder, 'sg'), 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

const node = (script: string): string[] => [process.execPath, '--eval', script];

test('the command line is run in the group docker, and then in the own one; its exit code comes back', async () => {
  expect(await runAgainInDockerGroup(host, noSignal, node('process.exit(7)'))).toBe(7);
  const own = (await runOrThrow('id', ['--group', '--name'])).trim();
  expect(await readFile(join(folder, 'groups'), 'utf8')).toBe(`docker\n${own}\n`);
});

test('the second run hears when the first one is interrupted', async () => {
  const interrupt = new AbortController();
  const endsWithTheFirst = `
    const { writeFileSync } = require('node:fs');
    process.on('disconnect', () => process.exit(130));
    writeFileSync(${JSON.stringify(join(folder, 'runs'))}, 'yes');
    setInterval(() => undefined, 1000);`;
  const second = runAgainInDockerGroup(host, interrupt.signal, node(endsWithTheFirst));
  await vi.waitFor(async () => {
    expect(await readFile(join(folder, 'runs'), 'utf8')).toBe('yes');
  }, 10_000);
  interrupt.abort();
  expect(await second).toBe(130);
}, 15_000);

test('it is run again once only', async () => {
  vi.stubEnv('FIREDRILL_IN_DOCKER_GROUP', '1');
  await expect(runAgainInDockerGroup(host, noSignal, node(''))).rejects.toMatchObject({ code: 'new-login-needed' });
});
