import { setTimeout as pause } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';
import { dnsAddress } from '../lab/layout.ts';
import type { Reading } from './probe.ts';
import type { Stream } from './record.ts';

/** Seconds that an answer is waited for, and before a machine that broke off is asked again. */
const limitSeconds = 0.5;

/** No part of it has ten letters: bash sends off what it has at a byte 10, which is a line break, and that is half a question. */
const asked = 'kube-dns.kube-system.svc.cluster.local';

/**
 * A DNS question for an A record, as RFC 1035 lays it out, in the escapes of printf. The first byte is `f`: `read` in
 * bash drops zeros.
 */
export function question(name: string): string {
  const labels = name.split('.').map((label) => `\\x${label.length.toString(16).padStart(2, '0')}${label}`);
  return `fd\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00${labels.join('')}\\x00\\x00\\x01\\x00\\x01`;
}

/**
 * Bash alone, in one process that stays: `dig` ten times a second would cost more than all other probes together. Any
 * answer counts. `read` from a pipe that stays empty is a sleep that starts no program.
 */
export const dnsScript = `
export LC_ALL=C
exec 8<> <(:)
ask() {
  local first began=$EPOCHREALTIME
  { exec 3<>/dev/udp/${dnsAddress}/53 && printf '${question(asked)}' >&3 &&
    read -r -N 1 -t ${limitSeconds} -u 3 first; } 2>/dev/null && state=ok || state=failed
  exec 3>&- 2>/dev/null
  echo "$state $(( \${EPOCHREALTIME/./} - \${began/./} ))" || exit
}
while :; do ask; read -t 0.09 -u 8 nothing; done
`;

/** DNS as a machine's kernel asks it: the Service's address, so its rules are in the way as well. */
export function dnsFrom(lab: Lab, machine: string): Stream {
  const probe = `DNS from ${machine}`;
  return async (take, signal) => {
    while (!signal.aborted) {
      const startedAt = Date.now();
      const failed = (says: string): void => {
        take(startedAt, Date.now() - startedAt, { probe, state: 'failed', says });
      };
      await lab
        .onHost(`exec ssh ${machine} bash -s`, {
          input: dnsScript,
          signal,
          timeoutSeconds: 24 * 3600,
          onLine: (line) => {
            const seen = parseLine(line, probe);
            if (seen) take(Date.now() - seen.ms, seen.ms, seen.reading);
          },
        })
        .then(() => {
          failed(`${machine} broke off`);
        })
        .catch(() => {
          if (!signal.aborted) failed(`${machine} cannot be asked`);
        });
      await pause(limitSeconds * 1000, undefined, { signal }).catch(() => undefined);
    }
  };
}

export function parseLine(line: string, probe: string): { ms: number; reading: Reading } | undefined {
  const [, state, microseconds] = /^(ok|failed) (\d+)$/.exec(line.trim()) ?? [];
  if (state === undefined) return undefined;
  const ms = Number(microseconds) / 1000;
  if (state === 'ok') return { ms, reading: { probe, state } };
  return { ms, reading: { probe, state: 'failed', says: 'no answer' } };
}
