import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../scripts/stage/summary.ts';
import { waitUntil } from '../../scripts/system/wait.ts';
import { browserIsHere, launchChromium } from '../support/browser.ts';
import { programPath, testLab } from '../support/program.ts';
import { startLab } from '../support/test-lab.ts';

/** Requests a second: far below what the app can do, so that a busy computer does not fail the test. */
const rate = '500';
const inShell = (command: string) =>
  execa(programPath, ['lab', 'shell'], { env: testLab.environment, input: `${command}\n`, reject: false, all: true });
const generators = async (): Promise<string> => (await execa('pgrep', ['--exact', 'vegeta'], { reject: false })).stdout;

const hasBrowser = await browserIsHere("the stage's page on a lab");

function perform(...args: string[]) {
  return execa(programPath, ['stage', '--rate', rate, ...args], { env: testLab.environment, reject: false, all: true });
}

/** The front ends are ready before Redis is, and answer with errors until then: so all three are waited for. */
async function applyGuestbook(): Promise<void> {
  const parts = ['statefulset/redis-primary', 'deployment/redis-replica', 'deployment/guestbook'];
  const waits = parts.map((part) => `kubectl rollout status ${part} --timeout=90s`);
  const applied = await inShell(['kubectl apply -f app/manifests/guestbook.yaml', ...waits].join(' && '));
  expect(applied, applied.all).toMatchObject({ exitCode: 0 });
}

beforeAll(async () => {
  await startLab();
  await applyGuestbook();
});

describe('the stage', () => {
  it('shows a roll-out that visitors do not notice, and what each pod served', async () => {
    const performing = perform('--for', '25', '--json');
    await waitUntil(async () => (await generators()) !== '', { what: 'the load has begun', deadlineSeconds: 30 });
    const rolled = await inShell(
      'kubectl rollout restart deployment/guestbook && kubectl rollout status deployment/guestbook --timeout=60s',
    );
    expect(rolled, rolled.all).toMatchObject({ exitCode: 0 });
    const ran = await performing;
    const summary = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as Summary;
    // None, where the computer does nothing else. It may: then a request now and then waits too long.
    expect(summary.failed, ran.all).toBeLessThan(summary.requests / 1000);
    expect(ran.exitCode).toBe(summary.failed > 0 ? 1 : 0);
    expect(summary.answered).toBeGreaterThan(9_000);
    // Four pods before, four after.
    expect(Object.keys(summary.pods).length).toBeGreaterThan(4);
  });

  it('counts what fails, and says why', async () => {
    // Longer than the garbage collector takes to end the pods, on a busy computer too.
    const performing = perform('--for', '30', '--json');
    await waitUntil(async () => (await generators()) !== '', { what: 'the load has begun', deadlineSeconds: 30 });
    const gone = await inShell('kubectl delete deployment guestbook --grace-period=1 --wait=true --cascade=foreground');
    expect(gone, gone.all).toMatchObject({ exitCode: 0 });
    const ran = await performing;
    expect(ran, ran.all).toMatchObject({ exitCode: 1 });
    const { failed, causes } = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as Summary;
    expect(failed).toBeGreaterThan(0);
    expect(causes.reduce((sum, cause) => sum + cause.failed, 0)).toBe(failed);
    // "not explained" would be one of them.
    for (const { says } of causes) expect(says, ran.all).toMatch(/^(Pod guestbook-|No pod of the app is left)/);
    await applyGuestbook();
  });

  it.skipIf(!hasBrowser)('shows itself on a page', async () => {
    const performing = perform('--auto', '--page');
    const lines = createInterface({ input: performing.stdout });
    let url = '';
    for await (const line of lines) {
      url = /^Page: (http\S+)/.exec(line)?.[1] ?? '';
      if (url !== '') break;
    }
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(url);
      await page.locator('#healthy', { hasText: /^(yes|no)$/ }).waitFor();
      await page.locator('#per-second', { hasText: /^[1-9]/ }).waitFor();
      await page.locator('#failed', { hasText: /^\d/ }).waitFor();
      await page.locator('.map', { hasText: 'guestbook-' }).waitFor();
      await page.locator('#requests rect.answered').first().waitFor({ state: 'attached' });
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      performing.kill('SIGINT');
    }
    expect(await performing).toMatchObject({ exitCode: 130 });
    expect(await generators()).toBe('');
  });

  it('leaves no generator running when it is killed', async () => {
    const performing = perform('--auto');
    await waitUntil(async () => (await generators()) !== '', { what: 'the load has begun', deadlineSeconds: 30 });
    performing.kill('SIGKILL');
    await performing;
    await waitUntil(async () => (await generators()) === '', { what: 'no generator is left', deadlineSeconds: 10 });
  });

  // The last one: the machine stays off.
  it('does not hide a power cut, and names the machine', async () => {
    const performing = perform('--for', '25', '--json');
    await waitUntil(async () => (await generators()) !== '', { what: 'the load has begun', deadlineSeconds: 30 });
    await execa('docker', ['kill', `${testLab.name}-w2`]);
    const ran = await performing;
    expect(ran, ran.all).toMatchObject({ exitCode: 1 });
    const { requests, failed, causes } = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as Summary;
    // It is given up after 16 s. Until then every second visitor comes in through w2, and every second pod is there.
    expect(failed / requests, ran.all).toBeGreaterThan(0.15);
    expect(causes.reduce((sum, cause) => sum + cause.failed, 0)).toBe(failed);
    // "not explained" names nobody.
    for (const { says } of causes) expect(says, ran.all).toMatch(/\bw2\b/);
  });
});
