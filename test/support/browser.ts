import { existsSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { chromium, type Browser } from 'playwright-core';

const executablePath = '/usr/bin/chromium';
const flags = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/**
 * Whether tests in a browser run here. On the computer of somebody without Chromium they are skipped, and it says why. In
 * CI they always run, and fail where it cannot be launched.
 * @param what the tests, in words
 * @param mayInstall whether root may install Debian's: tests without a lab change no computer but CI's
 */
export async function browserIsHere(what: string, { mayInstall = true } = {}): Promise<boolean> {
  const isCi = process.env['CI'] === 'true';
  const missing = await whyNoChromium(mayInstall || isCi);
  if (missing === undefined) return true;
  console.warn(`skipped: ${what} (${missing})`);
  return isCi;
}

async function whyNoChromium(mayInstall: boolean): Promise<string | undefined> {
  if (existsSync(executablePath)) return undefined;
  if (!mayInstall) return `${executablePath} is missing`;
  if (process.getuid?.() !== 0) return `${executablePath} is missing, and only root can install it`;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await execa('apt-get', ['update'], { env, reject: false });
  const args = ['install', '--yes', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'];
  const installed = await execa('apt-get', args, { env, reject: false, all: true });
  return existsSync(executablePath) ? undefined : `Chromium cannot be installed: ${installed.all.slice(-300)}`;
}

/** What Chromium keeps beside a profile goes with it. */
export async function launchChromium(): Promise<Browser> {
  const folder = await mkdtemp(join(tmpdir(), 'firedrill-chromium-'));
  const env = { ...process.env, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder };
  const browser = await chromium.launch({ executablePath, headless: true, args: flags, env });
  browser.on('disconnected', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return browser;
}
