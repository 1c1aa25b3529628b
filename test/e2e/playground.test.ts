import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../scripts/playground/keys.ts';
import type { Ring } from '../../scripts/playground/ring.ts';
import { waitUntil } from '../../scripts/system/wait.ts';
import { browserIsHere, launchChromium } from '../support/browser.ts';
import { leftOfTheLab } from '../support/left.ts';
import { firedrill, programPath, testLab, type Ran } from '../support/program.ts';

const environment = { FIREDRILL_PLAYGROUND_SUBNET: '10.0.14.0/24' };
const name = `${testLab.name}-playground`;
const pictures = process.env['FIREDRILL_TEST_PICTURES'] ?? join(testLab.environment.XDG_STATE_HOME, 'pictures');

const playground = (...args: string[]): Promise<Ran> => firedrill(['playground', ...args], environment);

async function ok(...args: string[]): Promise<string> {
  const ran = await playground(...args);
  expect(ran, ran.all).toMatchObject({ exitCode: 0 });
  return ran.stdout;
}

const ring = async (): Promise<Ring> => JSON.parse((await playground('status', '--json')).stdout) as Ring;
const asked = async (...args: string[]): Promise<Answer> =>
  JSON.parse((await playground(...args, '--json')).stdout) as Answer;
const states = ({ members }: Ring): string => members.map(({ state }) => state).join(' ');

const until = async (what: string, holds: (seen: Ring) => boolean): Promise<Ring> => {
  let seen = await ring();
  const look = async () => holds((seen = await ring()));
  await waitUntil(look, { what, deadlineSeconds: 60, saw: () => states(seen) });
  return seen;
};
const whole = (seen: Ring): boolean =>
  seen.members.filter(({ state }) => state === 'leader').length === 1 &&
  seen.members.filter(({ state }) => state === 'follower').length === 4 &&
  new Set(seen.members.map(({ hash }) => hash)).size === 1;

afterAll(async () => {
  await playground('close');
});

describe('the playground in the terminal', () => {
  beforeAll(async () => {
    await ok('close');
    await ok('up', '--yes');
  });

  it('has five members, one of which leads', async () => {
    expect(whole(await ring())).toBe(true);
    expect(await ok('up', '--yes')).toContain('they ran already');
  });

  it('writes, reads by key and prefix, deletes, and says when a key is not there', async () => {
    await ok('put', 'fruit/apple', 'red <b>');
    await ok('put', 'fruit/pear', 'green');
    expect(await ok('get', 'fruit/', '--prefix')).toMatch(/fruit\/apple = red <b>.*\nfruit\/pear = green/);
    expect(await asked('del', 'fruit/', '--prefix')).toMatchObject({ ok: true, deleted: 2 });
    expect(await ok('get', 'fruit/apple')).toContain('no such key');
    expect(await ok('etcdctl', '--', 'put', 'by', 'etcdctl')).toContain('OK');
    expect(await asked('get', 'by')).toMatchObject({ keys: [{ key: 'by', value: 'etcdctl', version: 1 }] });
  });

  it('tells a watcher of every change, also of past ones', async () => {
    const { revision = 0 } = await asked('put', 'seen', 'first');
    const args = ['playground', 'watch', 'seen', '--rev', String(revision), '--json'];
    const watching = execa(programPath, args, { env: { ...testLab.environment, ...environment }, reject: false });
    const types: string[] = [];
    createInterface({ input: watching.stdout }).on('line', (line) => {
      types.push((JSON.parse(line) as { type: string }).type);
    });
    await waitUntil(() => types.includes('put'), { what: 'the watcher hears of the past', deadlineSeconds: 30 });
    await ok('del', 'seen');
    await waitUntil(() => types.includes('delete'), { what: 'the watcher hears', deadlineSeconds: 30 });
    watching.kill('SIGINT');
    await watching;
    expect(types).toEqual(['watching', 'put', 'delete']);
  });

  it('elects another leader, and says so where three of five are gone', async () => {
    const before = await ring();
    await ok('kill', 'leader');
    const after = await until('another one leads', (seen) => seen.members.some(({ state }) => state === 'leader'));
    const term = ({ members }: Ring): number => Math.max(...members.map((member) => member.term ?? 0));
    expect(term(after)).toBeGreaterThan(term(before));
    await ok('start');
    await until('all are back', whole);
    await ok('stop', 'p1', 'p2', 'p3');
    await until('nobody leads', (seen) => states(seen) === 'stopped stopped stopped leaderless leaderless');
    expect(await playground('put', 'lost', 'x')).toMatchObject({ exitCode: 1 });
    expect(await asked('get', 'by', '--serializable')).toMatchObject({ ok: true, keys: [{ value: 'etcdctl' }] });
    await ok('start');
    await until('all are back', whole);
  });

  it('keeps a cut through a restart, and mends it', async () => {
    await ok('cut', 'p1,p2', 'from', 'p3,p4,p5');
    await until('two sides', (seen) => states(seen).startsWith('leaderless leaderless'));
    await ok('kill', 'p1');
    await ok('start', 'p1');
    // A member that starts serves nobody until it has met a majority.
    await until('p1 runs, and is alone', ({ members }) => members[0]?.state === 'silent');
    expect(await asked('put', 'side', 'large', '--via', 'p4')).toMatchObject({ ok: true });
    // Another key: a write that nobody confirmed may still arrive when the cable is mended.
    expect(await asked('put', 'unconfirmed', 'small', '--via', 'p1')).toMatchObject({ ok: false });
    await ok('mend');
    await until('one ring', whole);
    expect(await asked('get', 'side', '--via', 'p1')).toMatchObject({ keys: [{ value: 'large' }] });
  });

  it('removes a member, adds it as a learner, and promotes it', async () => {
    const id = ({ members }: Ring): string | undefined => members[4]?.id;
    const before = id(await ring());
    await ok('remove', 'p5');
    expect((await ring()).voters).toEqual(['p1', 'p2', 'p3', 'p4']);
    expect(await playground('start', 'p5')).toMatchObject({ exitCode: 2 });
    await ok('add', 'p5', '--learner');
    await until('it learns', ({ members }) => members[4]?.state === 'learner');
    await ok('promote', 'p5');
    const after = await until('it votes', whole);
    expect(id(after)).not.toBe(before);
  });

  it('removes what is left of a member that etcdctl has removed', async () => {
    await ok('etcdctl', '--', 'member', 'remove', (await ring()).members[4]?.id ?? 'no id');
    expect((await ring()).voters).toEqual(['p1', 'p2', 'p3', 'p4']);
    await ok('remove', 'p5');
    expect(await playground('remove', 'p5')).toMatchObject({ exitCode: 2 });
    await ok('add', 'p5', '--learner');
    await until('it learns', ({ members }) => members[4]?.state === 'learner');
  });

  it('is gone when it is closed', async () => {
    await ok('close');
    expect(await leftOfTheLab(name)).toEqual([]);
    expect(await playground('status')).toMatchObject({ exitCode: 1, stdout: 'The playground is closed.' });
    expect(await playground('put', 'a', 'b')).toMatchObject({ exitCode: 3 });
  });
});

describe.skipIf(!(await browserIsHere("the playground's page")))('the page', () => {
  const startPage = () =>
    execa(programPath, ['playground', '--json', '--yes'], {
      env: { ...testLab.environment, ...environment },
      reject: false,
    });
  let program: ReturnType<typeof startPage>;
  let browser: Browser | undefined;
  let page: Page;
  let url = '';
  const complaints: string[] = [];

  beforeAll(async () => {
    program = startPage();
    const [line] = (await once(createInterface({ input: program.stdout }), 'line')) as [string];
    url = (JSON.parse(line) as { url: string }).url;
    browser = await launchChromium();
    page = await browser.newPage({ colorScheme: 'light', viewport: { width: 1200, height: 1000 } });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(url);
    await page.locator('#members li.leader').waitFor();
  });

  afterAll(async () => {
    await browser?.close();
    program.kill('SIGINT');
    await program;
  });

  /** Goes on with Tab until the element that matches has the focus: somebody without a mouse. */
  async function tabTo(selector: string): Promise<void> {
    for (let times = 0; times < 80; times += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    }
    throw new Error(`Tab never reaches ${selector}`);
  }
  const newest = () => page.locator('#results li').first();

  it('shows the ring, each member with its figures, and what quorum means', async () => {
    expect(await page.locator('#ring').getAttribute('aria-label')).toMatch(/^The ring: p1 (leader|follower), /);
    expect(await page.locator('#members li .figures').allTextContents()).toHaveLength(5);
    expect(await page.locator('#members li.leader .figures').textContent()).toMatch(
      /id [0-9a-f]+ {2}term \d+ {2}index \d+ {2}revision \d+ {2}\d+ KiB {2}hash [0-9a-f]{8}/,
    );
    expect(await page.locator('#quorum').textContent()).toContain('5 members run: 2 more may fail.');
    await page.screenshot({ path: join(pictures, 'playground-light.png'), fullPage: true });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: join(pictures, 'playground-dark.png'), fullPage: true });
    const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(paper).toBe('rgb(20, 23, 28)');
  });

  it('writes and reads with the keyboard alone, and shows what users type as text', async () => {
    const nasty = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
    await tabTo('#watch input[name="key"]');
    await page.keyboard.type('nasty');
    await page.keyboard.press('Enter');
    await page.locator('#results li', { hasText: 'watch nasty: through' }).waitFor();
    await page.keyboard.press('Home');
    await tabTo('#put input[name="key"]');
    await page.keyboard.type('nasty/key');
    await page.keyboard.press('Tab');
    await page.keyboard.type(nasty);
    await page.keyboard.press('Enter');
    await page.locator('#results li', { hasText: `nasty/key = ${nasty}` }).waitFor();
    await tabTo('#get input[name="key"]');
    await page.keyboard.type('nasty/key');
    await page.keyboard.press('Enter');
    await page.locator('#results li', { hasText: 'read nasty/key: 1 key, read at revision' }).waitFor();
    expect(await newest().textContent()).toContain(`nasty/key = ${nasty}`);
    expect(await page.title()).toBe('etcd playground');
    expect(await page.locator('#results img, #results script').count()).toBe(0);
  });

  it('stops two at once with the keyboard, kills a third, and starts all again', async () => {
    const buttons = await page.locator('.actions').boundingBox();
    for (const member of ['p4', 'p5']) {
      await tabTo(`#members input[value="${member}"]`);
      await page.keyboard.press('Space');
    }
    await tabTo('.actions button[data-action="stop"]');
    await page.keyboard.press('Enter');
    await page.locator('#quorum', { hasText: '3 members run: none of them may fail now.' }).waitFor();
    await tabTo('#members input[value="p3"]');
    await page.keyboard.press('Space');
    await tabTo('.actions button[data-action="kill"]');
    await page.keyboard.press('Space');
    await page.locator('#quorum', { hasText: 'p1 and p2 run: too few. Nobody leads' }).waitFor();
    await page.screenshot({ path: join(pictures, 'playground-no-quorum.png'), fullPage: true });
    // A button that moves while it is pressed was not pressed.
    await page.locator('#members .figures.none', { hasText: /hash/ }).nth(2).waitFor({ state: 'hidden' });
    expect(await page.locator('.actions').boundingBox()).toEqual(buttons);
    await tabTo('.actions button[data-action="start"]');
    await page.keyboard.press('Enter');
    await page.locator('#quorum', { hasText: '5 members run: 2 more may fail.' }).waitFor();
    await page.locator('#results li', { hasText: 'started: p3, p4, p5' }).waitFor();
  });

  it('cuts the ring, mends it, and stresses it', async () => {
    // p3, p4 and p5 are still chosen.
    await page.locator('.actions button[data-action="cut"]').click();
    await page.locator('#quorum', { hasText: 'p1 and p2 are too few on this side' }).waitFor();
    expect(await page.locator('#ring line.cut').count()).toBe(6);
    await page.screenshot({ path: join(pictures, 'playground-cut.png'), fullPage: true });
    await page.locator('.actions button[data-action="mend"]').click();
    await page.locator('#quorum', { hasText: '5 members run: 2 more may fail.' }).waitFor();
    await until('one ring', whole);
    await page.locator('#stress input').fill('50');
    await page.locator('#stress button').click();
    await page.locator('#results li', { hasText: 'stress: 50 writes confirmed' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('answers nobody but itself', async () => {
    const { port } = new URL(url);
    const status = (path: string, headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        request({ host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end('{"key":"a","value":"b"}');
      });
    const token = (await page.locator('meta[name="firedrill-token"]').getAttribute('content')) ?? '';
    const host = `127.0.0.1:${port}`;
    const header = { 'x-firedrill-token': token };
    expect(await status('/api/put', { host, ...header })).toBe(200);
    expect(await status('/api/put', { host })).toBe(403);
    expect(await status('/api/put', { host, ...header, origin: 'http://evil.example' })).toBe(403);
    expect(await status('/api/put', { ...header, host: `evil.example:${port}` })).toBe(403);
    expect(await status('/api/nothing', { host, ...header })).toBe(400);
  });

  it('leaves nothing behind after Ctrl-C', async () => {
    program.kill('SIGINT');
    expect(await program).toMatchObject({ exitCode: 130 });
    expect(await leftOfTheLab(name)).toEqual([]);
    await page.locator('#quorum', { hasText: 'does not answer' }).waitFor();
  });
});
