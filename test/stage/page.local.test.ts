import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { LocalPage } from '../../scripts/page/serve.ts';
import type { Second } from '../../scripts/stage/load/second.ts';
import { serveStage } from '../../scripts/stage/page-server.ts';
import type { MachineView, PodView, ShownEvent, StageView } from '../../scripts/stage/view.ts';
import { browserIsHere, launchChromium } from '../support/browser.ts';

const hostile = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
const pod = (name: string, share: number): PodView => ({
  ...{ name, app: 'guestbook', machine: 'w1', ready: true, ending: false, restarts: 0, version: '1' },
  share,
});
const machine = (name: string, more: Partial<MachineView> = {}): MachineView => ({
  ...{ name, roles: ['worker'], state: 'ok', says: ['Ready, v1.37.2'] },
  pods: [pod(`guestbook-${name}`, 0.5)],
  ...more,
});

/** A stage whose news a test can change. */
class MadeUpStage {
  readonly begunAt = Math.floor(Date.now() / 1000) * 1000 - 120_000;
  machines: readonly MachineView[] = [machine('w1'), machine('w2')];
  happened: readonly ShownEvent[] = [];
  lost = 0;

  seconds(): Second[] {
    return Array.from({ length: Math.floor((Date.now() - this.begunAt) / 1000) }, (_, index) => {
      const failed = index === 100 ? this.lost : 0;
      const at = this.begunAt + index * 1000;
      return {
        ...{ at, due: 300, answered: 300 - failed, inTime: 300 - failed, late: 0, p50Ms: 1, p99Ms: 4 },
        ...{ pods: {}, final: true },
        failures: failed === 0 ? [] : [{ door: 'w2', how: 'refused', count: failed, lastAt: at }],
      };
    });
  }

  view(): StageView {
    return {
      ...{ at: Date.now(), rate: 300, seconds: 120, perSecond: 299, failed: this.lost, failedLately: 0 },
      ...{ p50Ms: 1, p99Ms: 4, healthy: true, etcdLeader: 'e2', machines: this.machines, waiting: [] },
    };
  }

  events = (): readonly ShownEvent[] => this.happened;
  causes = () => [];
}

describe.skipIf(!(await browserIsHere("the stage's page", { mayInstall: false })))('the page of the stage', () => {
  let browser: Browser;
  let served: LocalPage;
  let page: Page;
  let stage: MadeUpStage;
  const complaints: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    stage = new MadeUpStage();
    served = await serveStage(stage);
    page = await browser.newPage({ colorScheme: 'light', viewport: { width: 1280, height: 720 } });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(served.url);
    await page.locator('#per-second', { hasText: '299' }).waitFor();
  }, 60_000);
  afterEach(async () => {
    await page.close();
    await served.close();
    expect(complaints.splice(0)).toEqual([]);
  });

  const pressed = (): Promise<string[]> => page.locator('.spans button[aria-pressed="true"]').allTextContents();
  const axis = (picture: string): Promise<string[]> => page.locator(`${picture} text`).allTextContents();
  /** The values of an attribute, in the order of the elements. */
  const sizes = async (selector: string, attribute: string): Promise<number[]> =>
    page.locator(selector).evaluateAll((all, name) => all.map((one) => Number(one.getAttribute(name))), attribute);

  test.each([
    ['1', '1 minute', '-60 s', 50, 60],
    ['3', '30 minutes', '-30 min', 28, 32],
    ['4', '1 hour', '-60 min', 13, 18],
  ])('key %s shows the last %s', async (key, name, edge, fewest, most) => {
    expect(await pressed()).toEqual(['5 minutes']);
    expect(await axis('#requests')).toContain('-5 min');
    await page.keyboard.press(key);
    expect(await pressed()).toEqual([name]);
    expect(await axis('#requests')).toContain(edge);
    expect(await axis('#latency')).toContain(edge);
    const columns = await page.locator('#requests rect.answered').count();
    expect(columns).toBeGreaterThanOrEqual(fewest);
    expect(columns).toBeLessThanOrEqual(most);
  });

  test('keys + and - change the size of all text', async () => {
    const size = () => page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize));
    const usual = await size();
    await page.keyboard.press('+');
    await page.keyboard.press('+');
    expect(await size()).toBeCloseTo(usual * 1.2, 1);
    await page.keyboard.press('-');
    expect(await size()).toBeCloseTo(usual * 1.1, 1);
  });

  test('bars and curves are drawn; nothing is lost, and nothing is wider than a projector', async () => {
    const heights = await sizes('#requests rect.answered', 'height');
    expect(heights.length).toBeGreaterThan(100);
    expect(Math.min(...heights)).toBeGreaterThan(50);
    expect(await page.locator('#requests rect.lost').count()).toBe(0);
    for (const curve of ['p99', 'p50'])
      expect(await page.locator(`#latency path.${curve}`).getAttribute('d')).toMatch(
        /^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+){100,}$/,
      );
    expect(await page.locator('.machine.ok').count()).toBe(2);
    const [scrolled, seen] = await page.evaluate(() => [
      document.body.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect(scrolled).toBeLessThanOrEqual(seen);
    expect(await page.locator('#leader').textContent()).toBe('e2 leads etcd.');
  });

  test('an outage: a lost bar, a failed machine, a closed door, and an event with its cost', async () => {
    const at = stage.begunAt + 100_000;
    stage.lost = 90;
    const why = 'it is NotReady';
    stage.machines = [
      machine('w1'),
      machine('w2', { state: 'failed', says: ['no power'], door: { machine: 'w2', open: false, why } }),
    ];
    stage.happened = [
      { id: 1, at, kind: 'fault-on', machine: 'w2', says: 'Fault on: w2 has no power', failed: 90 },
      { id: 2, at: at + 1000, kind: 'leader', machine: 'e3', says: 'e3 leads etcd', failed: 0 },
    ];
    // The page is sent what may still change of the past: the whole of it is there when it is opened anew.
    await page.reload();
    await page.locator('#requests rect.lost').waitFor({ state: 'attached' });
    const [lost = 0] = await sizes('#requests rect.lost', 'height');
    const [answered = 0] = await sizes('#requests rect.answered', 'height');
    expect(lost / answered).toBeCloseTo(90 / 300, 1);
    expect(await page.locator('.machine.failed .name').allTextContents()).toEqual(['w2']);
    expect(await page.locator('.machine.failed .shut').textContent()).toBe(`no visitors: ${why}`);
    expect(await page.locator('.machine.ok .shut').count()).toBe(0);
    const events = page.locator('#events li');
    expect(await events.count()).toBe(2);
    expect(await events.first().textContent()).toContain('e3 leads etcd');
    expect(await page.locator('#events li.fault-on strong').textContent()).toBe(' 90 failed');
    expect(await page.locator('#events li.leader strong').count()).toBe(0);
    expect(await page.locator('#requests line.fault-on title').textContent()).toBe('Fault on: w2 has no power');
  });

  test('what the cluster says is text', async () => {
    stage.machines = [machine('w1', { says: [hostile], pods: [pod(hostile, 0.5)] })];
    stage.happened = [{ id: 1, at: Date.now(), kind: 'leader', says: hostile, failed: 0 }];
    await page.locator('#events li', { hasText: hostile }).waitFor();
    await page.locator('.pod-name', { hasText: hostile }).waitFor();
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.title()).toBe('The stage');
  });

  test('light and dark', async () => {
    const colours = () =>
      page.evaluate(() => {
        const { backgroundColor, color } = getComputedStyle(document.body);
        const bar = document.querySelector('#requests rect.answered');
        return [backgroundColor, color, bar ? getComputedStyle(bar).fill : ''];
      });
    const light = await colours();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await colours();
    expect(dark[0]).toBe('rgb(20, 23, 28)');
    for (const [index, colour] of dark.entries()) expect(colour).not.toBe(light[index]);
  });
});
