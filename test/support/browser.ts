import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { chromium, type Browser } from 'playwright-core';

const executablePath = '/usr/bin/chromium';
const flags = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** Why there is no Chromium here, or undefined. Debian's is installed where it is missing and this user is root. */
export async function whyNoChromium(): Promise<string | undefined> {
  if (existsSync(executablePath)) return undefined;
  if (process.getuid?.() !== 0) return `${executablePath} is missing, and only root can install it`;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await execa('apt-get', ['update'], { env, reject: false });
  const args = ['install', '--yes', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'];
  const installed = await execa('apt-get', args, { env, reject: false, all: true });
  return existsSync(executablePath) ? undefined : `Chromium cannot be installed: ${installed.all.slice(-300)}`;
}

export const launchChromium = (): Promise<Browser> => chromium.launch({ executablePath, headless: true, args: flags });
