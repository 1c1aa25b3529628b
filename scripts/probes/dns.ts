import { setTimeout as pause } from 'node:timers/promises';
import type { Lab } from '../lab/lab.ts';
import { dnsAddress } from '../lab/layout.ts';
import { cpuSecondsOf } from '../system/proc-stat.ts';
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
 * answer counts. A question is given most of its tenth of a second; one that has no answer then waits beside the next
 * ones, so that a silent DNS is asked as often as another. No more than six wait: each is given up after its limit.
 * `read` from a pipe that stays empty is a sleep that starts no program. What changes nothing is told twice a second, all
 * at once: a line of its own each time would cost ssh as much as the shell does. Once a second `times` says what the
 * shell has cost.
 */
export const dnsScript = `
export LC_ALL=C
limit=${limitSeconds * 1e6}
declare -A since
exec 8<> <(:)
now() { at=\${EPOCHREALTIME/./}; }
told=
last=
sentAt=0
# A line has the microseconds until the answer, and when it came by the machine's clock; 'now' is that clock.
tell() {
  now
  told+="$1 $(( at - $2 )) $at"$'\\n'
  [ "$1" = "$last" ] && (( at - sentAt < 500000 )) && return
  printf 'now %s\\n%s' "$at" "$told" || exit
  told=
  last=$1
  sentAt=$at
}
# Looks for the answer to a question for some seconds: more than 128 where there is none yet.
hear() {
  local first code
  read -r -N 1 -t "$2" -u "$1" first 2>/dev/null
  code=$?
  if (( code == 0 )); then tell ok "\${since[$1]}"
  elif (( code <= 128 || at - \${since[$1]} >= limit )); then tell failed "\${since[$1]}"
  else return
  fi
  unset "since[$1]"
  eval "exec $1>&-"
}
ask() {
  local fd=
  if { exec {fd}<>/dev/udp/${dnsAddress}/53 && printf '${question(asked)}' >&"$fd"; } 2>/dev/null; then
    since[$fd]=$began
    hear "$fd" 0.08
  else
    tell failed "$began"
    [ -z "$fd" ] || eval "exec $fd>&-"
  fi
}
round=0
while :; do
  (( round++ % 10 )) || times
  now
  began=$at
  for waiting in "\${!since[@]}"; do hear "$waiting" 0.001; done
  ask
  now
  left=$(( began + 100000 - at ))
  printf -v pause '0.%06d' "$left"
  (( left < 1000 )) || read -t "$pause" -u 8 nothing
done
`;

/** DNS as a machine's kernel asks it: the Service's address, so its rules are in the way as well. */
export function dnsFrom(lab: Pick<Lab, 'onHost'>, machine: string): Stream {
  const probe = `DNS from ${machine}`;
  return async (take, signal, spent) => {
    while (!signal.aborted) {
      const startedAt = Date.now();
      let pid = '';
      let ofShell = 0;
      const failed = (says: string): void => {
        take(startedAt, Date.now() - startedAt, { probe, state: 'failed', says });
      };
      let clockAhead = 0;
      const hear = (line: string): void => {
        const seen = parseLine(line, probe);
        if (seen) take(seen.heardAt - clockAhead - seen.ms, seen.ms, seen.reading);
        const now = /^now (\d+)$/.exec(line.trim())?.[1];
        if (now !== undefined) clockAhead = Number(now) / 1000 - Date.now();
        pid ||= /^pid (\d+)$/.exec(line)?.[1] ?? '';
        const seconds = parseTimes(line);
        if (seconds === undefined) return;
        // Two lines: its own, and that of programs that it started, which are none.
        ofShell = Math.max(ofShell, seconds);
        spent(`shell of ${pid}`, ofShell);
        void cpuSecondsOf(pid).then((ofSsh) => {
          spent(`ssh ${pid}`, ofSsh);
        });
      };
      // A connection of its own: over the kept one, another process would do its work.
      await lab
        .onHost(`echo "pid $$"; exec ssh -o ControlPath=none ${machine} bash -s`, {
          input: dnsScript,
          signal,
          timeoutSeconds: 24 * 3600,
          onLine: hear,
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

/** User and system time in a line of bash's `times`, in seconds. */
export function parseTimes(line: string): number | undefined {
  const [, ...parts] = /^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/.exec(line.trim()) ?? [];
  const [userMinutes, user, systemMinutes, system] = parts.map(Number);
  if (user === undefined || system === undefined) return undefined;
  return ((userMinutes ?? 0) + (systemMinutes ?? 0)) * 60 + user + system;
}

/** A line of the script's: its times are in milliseconds, `heardAt` since the epoch by the machine's clock. */
export function parseLine(line: string, probe: string): { heardAt: number; ms: number; reading: Reading } | undefined {
  const [, state, microseconds, at] = /^(ok|failed) (\d+) (\d+)$/.exec(line.trim()) ?? [];
  if (state === undefined) return undefined;
  const reading: Reading = state === 'ok' ? { probe, state } : { probe, state: 'failed', says: 'no answer' };
  return { heardAt: Number(at) / 1000, ms: Number(microseconds) / 1000, reading };
}
