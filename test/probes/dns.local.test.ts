import { createSocket } from 'node:dgram';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { dnsScript, parseLine, parseTimes, question } from '../../scripts/probes/dns.ts';
import { dnsAddress } from '../../scripts/lab/layout.ts';

const answered = 'ok|failed';

/** A DNS server that answers as `answers` says, and the script that asks it. */
async function dnsServer(answers: (question: number) => boolean) {
  const server = createSocket('udp4');
  const heard: Buffer[] = [];
  server.on('message', (packet, from) => {
    heard.push(packet);
    if (answers(heard.length)) server.send(packet, from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  return {
    heard,
    /** The first lines that the script says of answers. */
    said: async (count: number, { script = dnsScript, of = 'now|ok|failed' } = {}) => {
      const input = script.replace(`${dnsAddress}/53`, `127.0.0.1/${server.address().port}`);
      const first = `bash -s | grep --line-buffered -E '^(${of})' | head -n ${count}`;
      const { stdout } = await execa('bash', ['-c', first], { input });
      return stdout.split('\n');
    },
    close: () => server.close(),
  };
}

test('the question is one packet, and bash reads an answer and its absence', async () => {
  // Every second question stays without an answer.
  const server = await dnsServer((question) => question % 2 === 1);
  const script = dnsScript.replace('limit=500000', 'limit=90000');
  const seen = (await server.said(3, { script, of: answered })).map((line) => parseLine(line, 'DNS'));
  server.close();
  const name = ['kube-dns', 'kube-system', 'svc', 'cluster', 'local'];
  const labels = name.map((label) => `${String.fromCharCode(label.length)}${label}`).join('');
  expect(server.heard[0]?.toString('latin1')).toBe(`fd\x01\0\0\x01\0\0\0\0\0\0${labels}\0\0\x01\0\x01`);
  expect(seen.map((line) => line?.reading.state)).toEqual(['ok', 'failed', 'ok']);
  expect(question('ab.c')).toContain('\\x02ab\\x01c\\x00');
  expect(parseLine('bash: something', 'DNS')).toBeUndefined();
});

test('a silent DNS is asked on while questions wait, and each is given up after half a second', async () => {
  const server = await dnsServer(() => false);
  const seen = (await server.said(3, { of: answered })).map((line) => parseLine(line, 'DNS'));
  server.close();
  expect(seen.map((line) => line?.reading.state)).toEqual(['failed', 'failed', 'failed']);
  for (const line of seen) expect(line?.ms).toBeGreaterThanOrEqual(500);
  // One after the other, it would be the fourth that is asked when the third is given up.
  expect(server.heard.length).toBeGreaterThan(4);
});

test('what changes nothing is told together, each answer with its own time', async () => {
  const server = await dnsServer(() => true);
  const said = await server.said(12);
  server.close();
  const times = said.flatMap((line) => parseLine(line, 'DNS')?.heardAt ?? []);
  // The first has none before it. Later ones are told twice a second.
  expect(said.slice(0, 3)).toEqual([
    expect.stringMatching(/^now /),
    expect.stringMatching(/^ok /),
    expect.stringMatching(/^now /),
  ]);
  expect(times.length).toBeGreaterThanOrEqual(6);
  expect(times).toEqual(times.toSorted((one, other) => one - other));
  expect(new Set(times).size).toBe(times.length);
});

test('the shell says what it costs', async () => {
  const { stdout } = await execa('bash', ['-c', 'bash -s | head -n 1'], { input: dnsScript });
  expect(parseTimes(stdout)).toBeGreaterThanOrEqual(0);
});
