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
const fourVote = ({ voters }: Ring): boolean => voters.join(' ') === 'p1 p2 p3 p4';

afterAll(async () => {
  await playground('close');
});

describe('the playground in the terminal', () => {
  beforeAll(async () => {
    await ok('close');
    await ok('up', '--yes');
  });

  it('has five members, one of which leads', async () => {
    await until('one ring', whole);
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

  it('has etcdctl ask the leader, each member for what looks at all, or the one that is named', async () => {
    const { members } = await until('one ring', whole);
    const answeredBy = async (...args: string[]): Promise<string> => {
      const said = await ok('etcdctl', ...args, '--', 'get', 'by', '--write-out=fields');
      return BigInt(/"MemberID" : (\d+)/.exec(said)?.[1] ?? 0).toString(16);
    };
    const led = ({ members: all }: Pick<Ring, 'members'>) => all.find(({ state }) => state === 'leader')?.id;
    const answered = [await answeredBy(), await answeredBy(), await answeredBy()];
    // They may have elected another one meanwhile: then there are two names, and no third.
    const leaders = [led({ members }), led(await until('one ring', whole))];
    for (const id of answered) expect(leaders).toContain(id);
    const other = members.find(({ state }) => state === 'follower');
    expect(await answeredBy('--via', other?.name ?? 'none')).toBe(other?.id);
    expect((await playground('etcdctl', '--', 'endpoint', 'health')).all.match(/is healthy/g)).toHaveLength(5);
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
    await until('two sides', (seen) => {
      const [one, two, ...majority] = seen.members.map(({ state }) => state);
      return `${one} ${two} ${majority.toSorted().join(' ')}` === 'leaderless leaderless follower follower leader';
    });
    await ok('kill', 'p1');
    await ok('start', 'p1');
    // A member that starts serves nobody until it has met a majority.
    await until('p1 runs, and is alone', ({ members }) => members[0]?.state === 'silent');
    expect(await asked('put', 'side', 'large', '--via', 'p4')).toMatchObject({ ok: true });
    // Another key: a write that nobody confirmed may still arrive when the cable is mended.
    expect(await asked('put', 'unconfirmed', 'small', '--via', 'p1')).toMatchObject({ ok: false });
    await ok('mend');
    await until('one ring', whole);
    // For some time after a mend, what a member hands on to its leader may hang.
    let read: Answer | undefined;
    const isRead = async () => (read = await asked('get', 'side', '--via', 'p1')).ok;
    await waitUntil(isRead, { what: 'p1 reads', deadlineSeconds: 60, saw: () => read?.said ?? '' });
    expect(read).toMatchObject({ keys: [{ value: 'large' }] });
  });

  it('removes a member, adds it as a learner, and promotes it', async () => {
    const id = ({ members }: Ring): string | undefined => members[4]?.id;
    const before = id(await ring());
    await ok('remove', 'p5');
    await until('four vote', fourVote);
    expect(await playground('start', 'p5')).toMatchObject({ exitCode: 2 });
    await ok('add', 'p5', '--learner');
    await until('it learns', ({ members }) => members[4]?.state === 'learner');
    await ok('promote', 'p5');
    const after = await until('it votes', whole);
    expect(id(after)).not.toBe(before);
  });

  it('removes what is left of a member that etcdctl has removed', async () => {
    const id = ({ members }: Ring): string => members[4]?.id ?? '';
    const before = id(await until('p5 answers', (seen) => id(seen) !== ''));
    // Until most members have been connected for five seconds, etcd refuses a removal: the kit waits for that, etcdctl does
    // not. It may give up on one that etcd makes, too: the list of members counts.
    let said = '';
    const isRemoved = async (): Promise<boolean> => {
      said = (await playground('etcdctl', '--', 'member', 'remove', before)).all;
      return fourVote(await ring());
    };
    await waitUntil(isRemoved, {
      what: 'etcd removes a member',
      deadlineSeconds: 30,
      everySeconds: 1,
      saw: () => said,
    });
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
    const ended = program.then(({ stderr }) => Promise.reject(new Error(`The program ended: ${stderr}`)));
    const line = once(createInterface({ input: program.stdout }), 'line') as Promise<[string]>;
    const [first] = await Promise.race([line, ended]);
    url = (JSON.parse(first) as { url: string }).url;
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
  async function press(button: string): Promise<void> {
    await tabTo(button);
    await page.keyboard.press('Enter');
  }
  /** Fills in a form with keys: types over its first field, checks these of its boxes and no others, and sends it. */
  async function submit(form: string, typed: string, ...checked: string[]): Promise<void> {
    await tabTo(`${form} label:first-of-type input`);
    await page.keyboard.type(typed);
    for (const box of await page.locator(`${form} input[type="checkbox"]`).all()) {
      const named = (await box.getAttribute('name')) ?? '';
      if ((await box.isChecked()) === checked.includes(named)) continue;
      await tabTo(`${form} input[name="${named}"]`);
      await page.keyboard.press('Space');
    }
    await press(`${form} button`);
  }
  async function write(key: string, value: string): Promise<void> {
    await tabTo('#put input[name="key"]');
    await page.keyboard.type(key);
    await page.keyboard.press('Tab');
    await page.keyboard.type(value);
    await page.keyboard.press('Enter');
  }
  const rowButton = (label: string): string => `#members button[aria-label="${label}"]`;
  const focusIsOn = (selector: string) => page.locator(`${selector}:focus`).waitFor();
  const newest = () => page.locator('#results li').first();
  /** The one line of the results that has this text, as soon as it is there. */
  async function told(text: string | RegExp): Promise<string> {
    const line = page.locator('#results li', { hasText: text });
    await line.waitFor().catch(async (cause: unknown) => {
      const instead = (await page.locator('#results li').allTextContents()).slice(0, 3);
      throw new Error(`Not told: ${String(text)}. The newest: ${instead.join(' | ')}`, { cause });
    });
    return (await line.textContent()) ?? '';
  }
  const quorumSays = (text: string) => page.locator('#quorum', { hasText: text }).waitFor();

  interface Look {
    said: string;
    drawn: string;
    row: string;
    circle: string;
  }
  /** Each member's state in the words of its row and of the ring, and the colours there. */
  const looks = (): Promise<Look[]> =>
    page.locator('#members li').evaluateAll((rows) =>
      rows.map((row, index) => {
        const drawn = document.querySelectorAll('#ring g')[index]!;
        return {
          said: row.querySelector('.state')!.textContent,
          drawn: drawn.querySelector('text:not(.name)')!.textContent,
          row: getComputedStyle(row).borderLeftColor,
          circle: getComputedStyle(drawn.querySelector('circle')!).fill,
        };
      }),
    );

  it('shows the ring, each member with its figures, and what quorum means', async () => {
    await page
      .locator('#ring:is([aria-label^="The ring: p1 leader, "], [aria-label^="The ring: p1 follower, "])')
      .waitFor();
    expect(await page.locator('#members li .figures').allTextContents()).toHaveLength(5);
    expect(await page.locator('#members li.leader .figures').textContent()).toMatch(
      /id [0-9a-f]+ {2}term \d+ {2}index \d+ {2}revision \d+ {2}\d+ KiB {2}hash [0-9a-f]{8}/,
    );
    await quorumSays('5 members run: 2 more may fail.');
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
    await told('watch nasty: through');
    await page.keyboard.press('Home');
    await write('nasty/key', nasty);
    await told(`nasty/key = ${nasty}`);
    await tabTo('#get input[name="key"]');
    await page.keyboard.type('nasty/key');
    await page.keyboard.press('Enter');
    await told('read nasty/key: 1 key, read at revision');
    expect(await newest().textContent()).toContain(`nasty/key = ${nasty}`);
    expect(await page.title()).toBe('etcd playground');
    expect(await page.locator('#results img, #results script').count()).toBe(0);
  });

  it('reads all that begin alike, deletes one and all, and ends the watch, with the keyboard', async () => {
    await write('nasty/pear', 'green');
    await told('write nasty/pear: written at revision');
    await submit('#get', 'nasty/', 'prefix');
    expect(await told('read nasty/…: 2 keys, read at revision')).toMatch(/nasty\/key = .+\n +nasty\/pear = green/);
    await submit('#delete', 'nasty/key');
    await told('delete nasty/key: 1 key deleted at revision');
    await told(/watch: revision \d+, nasty\/key deleted/);
    await submit('#delete', 'nasty/', 'prefix');
    await told('delete nasty/…: 1 key deleted at revision');
    await told(/watch: revision \d+, nasty\/pear deleted/);
    await press('#unwatch');
    await told('watch: ended');
    await focusIsOn('#watch input[name="key"]');
    expect(await page.locator('#unwatch').isDisabled()).toBe(true);
    // With the mouse for once. The read after it gives a watch that goes on time to tell of it.
    await page.locator('#put input[name="key"]').fill('nasty/late');
    await page.locator('#put input[name="value"]').fill('unseen');
    await page.locator('#put button').click();
    await told('write nasty/late: written at revision');
    await submit('#get', 'nasty/', 'prefix');
    expect(await told('read nasty/…: 1 key, read at revision')).toContain('nasty/late = unseen');
    expect(await page.locator('#results li', { hasText: /watch: revision \d+, nasty\/late/ }).count()).toBe(0);
  });

  it('stops two at once with the keyboard, kills a third, reads what may be old, starts all again', async () => {
    // On the page, however far it is scrolled to what has the focus.
    const buttonsAt = () =>
      page.locator('.actions').evaluate((one) => {
        const { x, y, width, height } = one.getBoundingClientRect();
        return { x, y: y + window.scrollY, width, height };
      });
    const before = await buttonsAt();
    for (const member of ['p4', 'p5']) {
      await tabTo(`#members input[value="${member}"]`);
      await page.keyboard.press('Space');
    }
    await press('.actions button[data-action="stop"]');
    await quorumSays('3 members run: none of them may fail now.');
    await tabTo('#members input[value="p3"]');
    await page.keyboard.press('Space');
    await tabTo('.actions button[data-action="kill"]');
    await page.keyboard.press('Space');
    await quorumSays('p1 and p2 run: too few. Nobody leads');
    await page.screenshot({ path: join(pictures, 'playground-no-quorum.png'), fullPage: true });
    // A button that moves while it is pressed was not pressed.
    await page.locator('#members .figures.none', { hasText: /hash/ }).nth(2).waitFor({ state: 'hidden' });
    expect(await buttonsAt()).toEqual(before);
    // Without a majority no other read is answered. The second of the members is asked.
    await tabTo('#via');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await submit('#get', 'nasty/late', 'serializable');
    expect(await told(/read nasty\/late: 1 key, read at revision \d+ \(p2, /)).toContain('nasty/late = unseen');
    await tabTo('#via');
    await page.keyboard.press('Home');
    await press('.actions button[data-action="start"]');
    await quorumSays('5 members run: 2 more may fail.');
    await told('started: p3, p4, p5');
  });

  it('cuts the ring, mends it, and stresses it, with the keyboard', async () => {
    // p3, p4 and p5 are still chosen.
    await press('.actions button[data-action="cut"]');
    await quorumSays('p1 and p2 are too few on this side');
    expect(await page.locator('#ring line.cut').count()).toBe(6);
    await page.screenshot({ path: join(pictures, 'playground-cut.png'), fullPage: true });
    await press('.actions button[data-action="mend"]');
    await quorumSays('5 members run: 2 more may fail.');
    await until('one ring', whole);
    await submit('#stress', '50');
    const [, confirmed, failed] = /stress: (\d+) writes .* (\d+) failed/.exec(await told('stress: ')) ?? [];
    expect(Number(confirmed)).toBeGreaterThan(0);
    expect(Number(confirmed) + Number(failed)).toBe(50);
  });

  it('removes a member and adds it as a learner, with the keyboard', async () => {
    await press(rowButton('Remove p5'));
    await told('remove p5: removed: p5');
    await quorumSays('4 members run: 1 more may fail.');
    // The button that was pressed is gone; somebody without a mouse must not begin at the top again.
    await focusIsOn(rowButton('Add p5'));
    expect(await page.locator(rowButton('Remove p5')).isVisible()).toBe(false);
    expect((await looks())[4]).toMatchObject({ said: 'removed', drawn: 'removed', circle: 'none' });
    expect(await page.locator('#ring line').count()).toBe(6);
    await page.screenshot({ path: join(pictures, 'playground-removed.png'), fullPage: true });
    await page.keyboard.press('Enter');
    await told('add p5: added as a learner: p5');
    await page.locator('#members li.learner', { hasText: 'p5' }).waitFor();
    await quorumSays('4 members vote, so a majority (a quorum) is 3.');
    await quorumSays('A learner gets every entry and has no vote');
  });

  it('tells leader, follower, learner and stopped apart, in words and by colour', async () => {
    await press(rowButton('Stop p4'));
    await told('stop p4: stopped: p4');
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      let seen = await looks();
      const words = (): string[] => seen.map(({ said }) => said);
      const look = async () => {
        seen = await looks();
        return words().toSorted().join(' ') === 'follower follower leader learner stopped';
      };
      await waitUntil(look, { what: 'all four states', deadlineSeconds: 30, saw: () => words().join(' ') });
      const kinds = (of: (one: Look) => string): number => new Set(seen.map(of)).size;
      expect(seen.map(({ drawn }) => drawn)).toEqual(words());
      // The two that follow look the same, so five members have four looks.
      const found = [kinds(({ row }) => row), kinds(({ circle }) => circle), kinds((one) => JSON.stringify(one))];
      expect(found, JSON.stringify(seen)).toEqual([4, 4, 4]);
      await page.screenshot({ path: join(pictures, `playground-learner-${colorScheme}.png`), fullPage: true });
    }
    await page.locator('#ring[aria-label$="p4 stopped, p5 learner"]').waitFor();
  });

  it('starts one and promotes the learner, with the keyboard', async () => {
    // The button is still the same one, and has the focus.
    await focusIsOn(rowButton('Start p4'));
    await page.keyboard.press('Enter');
    await told('start p4: started: p4');
    await press(rowButton('Promote p5'));
    await told('promote p5: promoted: p5 votes now');
    await quorumSays('5 members run: 2 more may fail.');
    // All but the leader.
    await page.locator('#members li.follower').nth(3).waitFor();
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
    await quorumSays('does not answer');
  });
});
