import type { Lab } from '../lab/lab.ts';
import { firstLine, lookSeconds, machineCheck } from './looking.ts';
import { met, unknown, unmet, type Check, type Verdict } from './verdict.ts';

/** What a command inside a pod said, or why it could not be run there at all. */
type PodAnswer = { kind: 'ran'; exitCode: number; stdout: string } | { kind: 'not-run'; why: string };

const ended = 'firedrill-ended=';

/**
 * Runs a shell command in a pod. The pod itself reports the exit code, so that a kubectl that fails
 * (API server gone, no such pod) is told from a command that fails.
 */
export async function inPod(lab: Lab, pod: string, command: string, timeoutSeconds = lookSeconds): Promise<PodAnswer> {
  const script = `${command}; echo ${ended}$?`;
  const result = await lab.onHost(
    `kubectl exec ${pod} --request-timeout=${timeoutSeconds + 5}s -- sh -c '${script.replaceAll("'", `'\\''`)}'`,
    // The command has its own limit; the rest is for kubectl.
    { timeoutSeconds: timeoutSeconds + 6 },
  );
  const [stdout, code] = result.stdout.split(ended);
  if (code === undefined) return { kind: 'not-run', why: `pod ${pod} cannot be asked (${firstLine(result.stderr)})` };
  return { kind: 'ran', exitCode: Number(code), stdout: (stdout ?? '').trim() };
}

/** The cluster's DNS gives an address for the name, asked from inside a pod that has `dig`. */
export function dnsAnswersFromPod(pod: string, name = 'kubernetes.default.svc.cluster.local'): Check {
  const claim = `DNS answers ${name} when pod ${pod} asks`;
  return dnsCheck(claim, pod, name, (addresses) =>
    addresses ? met(`${name} is ${addresses}`) : unmet('no answer within 2 s', claim),
  );
}

export function dnsDoesNotAnswer(pod: string, name = 'kubernetes.default.svc.cluster.local'): Check {
  const claim = `DNS does not answer when pod ${pod} asks`;
  return dnsCheck(claim, pod, name, (addresses) =>
    addresses ? unmet(`${name} is ${addresses}`, claim) : met('no answer within 2 s'),
  );
}

function dnsCheck(claim: string, pod: string, name: string, judge: (addresses: string) => Verdict): Check {
  return machineCheck(claim, async (lab) => {
    const answer = await inPod(lab, pod, `dig +short +time=2 +tries=1 ${name}`);
    if (answer.kind === 'not-run') return unknown(answer.why);
    // On a time-out dig prints a comment to stdout, and exits with 9.
    const addresses = answer.exitCode === 0 ? answer.stdout.split('\n').filter((line) => !line.startsWith(';')) : [];
    return judge(addresses.filter(Boolean).join(', '));
  });
}

/** How to reach: `10.2.202.3` is pinged; `10.3.0.20:80` is opened by TCP; a function finds the address on the lab. */
export type Target = string | { says: string; find: (lab: Lab) => Promise<string | undefined> };

/** The pod gets an answer from the target: to a ping, or to a TCP connection where a port is named. */
export function podReaches(pod: string, target: Target): Check {
  const claim = `pod ${pod} reaches ${nameOf(target)}`;
  return reachCheck(claim, pod, target, (reached, saw) => (reached ? met(saw) : unmet(saw, claim)));
}

export function podDoesNotReach(pod: string, target: Target): Check {
  const claim = `pod ${pod} does not reach ${nameOf(target)}`;
  return reachCheck(claim, pod, target, (reached, saw) => (reached ? unmet(saw, claim) : met(saw)));
}

function reachCheck(
  claim: string,
  pod: string,
  target: Target,
  judge: (reached: boolean, saw: string) => Verdict,
): Check {
  return machineCheck(claim, async (lab) => {
    const address = typeof target === 'string' ? target : await target.find(lab);
    if (address === undefined) return unknown(`${nameOf(target)} has no address now`);
    const [host = '', port] = address.split(':');
    const command =
      port === undefined ? `ping -c 1 -W 2 ${host} >/dev/null 2>&1` : `nc -z -w 2 ${host} ${port} >/dev/null 2>&1`;
    const answer = await inPod(lab, pod, command);
    if (answer.kind === 'not-run') return unknown(answer.why);
    const reached = answer.exitCode === 0;
    return judge(reached, reached ? `${address} answered` : `${address} did not answer within 2 s`);
  });
}

const nameOf = (target: Target): string => (typeof target === 'string' ? target : target.says);

/** The machine's own routing table has a route for exactly this network, such as `10.2.202.0/24`. */
export function machineHasRoute(machine: string, network: string): Check {
  const claim = `${machine} has a route to ${network}`;
  return routeCheck(claim, machine, network, (route) =>
    route === undefined ? unmet(`${machine} has no route to ${network}`, claim) : met(route),
  );
}

export function routeIsMissing(machine: string, network: string): Check {
  const claim = `${machine} has no route to ${network}`;
  return routeCheck(claim, machine, network, (route) => (route === undefined ? met(claim) : unmet(route, claim)));
}

function routeCheck(
  claim: string,
  machine: string,
  network: string,
  judge: (route: string | undefined) => Verdict,
): Check {
  return machineCheck(claim, async (lab) => {
    const result = await lab.on(machine, `ip route show exact ${network}`, { timeoutSeconds: lookSeconds });
    if (result.exitCode !== 0) return unknown(`${machine}: ip route failed (${firstLine(result.stderr)})`);
    return judge(firstLine(result.stdout) || undefined);
  });
}
