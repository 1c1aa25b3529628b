import { expect, test } from 'vitest';
import { debianLines, parseAptSources } from '../../../scripts/bundle/images/apt-sources.ts';

const deb822 = `Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: trixie trixie-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: trixie-security
Components: main
Trusted: yes

Types: deb-src
URIs: http://sources.example/debian
Suites: trixie
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main
`;

test('mirrors of a host of another release serve the suite of the images', () => {
  expect(debianLines('bookworm', parseAptSources(deb822, 'deb822'))).toEqual([
    'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main',
    'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm-updates main',
    'deb [trusted=yes] http://mirror.example/debian-security bookworm-security main',
  ]);
});

test('one-line sources: options that matter, no sources of others', () => {
  const text = `# deb http://old.example/debian bookworm main
deb-src http://a.example/debian bookworm main
deb [arch=amd64 trusted=yes] http://a.example/debian bookworm main contrib # mine
deb https://download.docker.com/linux/debian bookworm stable
`;
  const sources = parseAptSources(text, 'line');
  expect(sources).toEqual([{ uri: 'http://a.example/debian', suite: 'bookworm', options: ['trusted=yes'] }]);
  expect(debianLines('bookworm', sources)).toEqual(['deb [trusted=yes] http://a.example/debian bookworm main']);
});

test("a host that names no mirror gets Debian's", () => {
  expect(debianLines('bookworm', [])).toEqual([
    'deb http://deb.debian.org/debian bookworm main',
    'deb http://deb.debian.org/debian bookworm-updates main',
    'deb http://deb.debian.org/debian-security bookworm-security main',
  ]);
});
