import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { httpsGet } from '../lab/kubernetes.ts';
import type { EtcdMember, Lab } from '../lab/lab.ts';
import { appNodePort, hasRole, runsKubelet } from '../lab/layout.ts';
import type { Probe, Reading } from './probe.ts';

/** Seconds after which an answer does not count any more. */
const limitSeconds = 1;
/** The object that is written to. A lease is small, and nobody watches this one. */
const leasePath = '/apis/coordination.k8s.io/v1/namespaces/default/leases/firedrill-probe';

/** Everything that is asked ten times a second while a drill runs, but DNS: see dns.ts. */
export const createProbes = (lab: Lab): Probe[] => [
  apiRead(lab),
  apiWrite(lab),
  etcdMembers(lab),
  nodeConditions(lab),
  ...lab.layout.machines.filter((machine) => hasRole(machine, 'worker')).map(({ name }) => appThrough(lab, name)),
];

/** One object, read from etcd by way of the API server. */
function apiRead(lab: Lab): Probe {
  const name = 'API read';
  return {
    names: [name],
    async ask() {
      await lab.kubernetes.get('/api/v1/namespaces/default', { timeoutSeconds: limitSeconds });
      return [{ probe: name, state: 'ok' }];
    },
  };
}

/** One small write that etcd must commit. */
function apiWrite(lab: Lab): Probe {
  const name = 'API write';
  const port = lab.machinesWithRole('controller')[0]?.publishedPorts[6443] ?? 0;
  const pem = (file: string) => readFile(join(lab.folder, 'pki', file));
  let agent: Promise<Agent> | undefined;
  const connect = async (): Promise<Agent> =>
    new Agent({ keepAlive: true, ca: await pem('ca.crt'), cert: await pem('admin.crt'), key: await pem('admin.key') });
  const send = async (method: string, path: string, body: string): Promise<number> => {
    agent ??= connect();
    const { status } = await httpsGet({
      host: '127.0.0.1',
      port,
      path,
      method,
      body,
      // https://kubernetes.io/docs/reference/using-api/server-side-apply/: it creates what is not there.
      headers: { 'content-type': 'application/apply-patch+yaml' },
      agent: await agent,
      signal: AbortSignal.timeout(limitSeconds * 1000),
    });
    return status;
  };
  return {
    names: [name],
    async ask() {
      // MicroTime: six digits behind the point.
      const renewTime = new Date().toISOString().replace('Z', '000Z');
      const lease = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'firedrill-probe', namespace: 'default' },
        spec: { renewTime },
      };
      const status = await send('PATCH', `${leasePath}?fieldManager=firedrill-probe&force=true`, JSON.stringify(lease));
      if (status > 299) throw new Error(`HTTP ${status}`);
      return [{ probe: name, state: 'ok' }];
    },
    async end() {
      await send('DELETE', leasePath, '').catch(() => undefined);
      (await agent)?.destroy();
    },
  };
}

function etcdMembers(lab: Lab): Probe {
  const names = lab.machinesWithRole('etcd').map((machine) => `etcd ${machine.name}`);
  return {
    names,
    ask: async () => (await lab.etcd.members({ timeoutSeconds: limitSeconds })).map(readingOf),
  };
}

export function readingOf(member: EtcdMember): Reading {
  const probe = `etcd ${member.name}`;
  if (!member.answers) return { probe, state: 'failed', says: member.why ?? 'no answer' };
  const role = member.isLeader ? 'leads' : member.leaderId === undefined ? 'sees no leader' : 'follows';
  return {
    probe,
    state: 'ok',
    says: `${role}, term ${member.raftTerm ?? 0}`,
    ...(member.revision === undefined ? {} : { revision: member.revision }),
  };
}

interface NodeList {
  items: { metadata: { name: string }; status?: { conditions?: { type: string; status: string }[] } }[];
}

/** What the API server says of its nodes. While it is silent, nobody can tell. */
function nodeConditions(lab: Lab): Probe {
  const names = lab.layout.machines.filter(runsKubelet).map((machine) => `node ${machine.name}`);
  return {
    names,
    whenSilent: 'unknown',
    async ask() {
      const nodes = await lab.kubernetes.get<NodeList>('/api/v1/nodes', { timeoutSeconds: limitSeconds });
      return nodes.items.map(({ metadata, status }): Reading => {
        const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
        const probe = `node ${metadata.name}`;
        return ready === 'True' ? { probe, state: 'ok', says: 'Ready' } : { probe, state: 'failed', says: 'NotReady' };
      });
    },
  };
}

/** The app's page through the NodePort of one worker, over a new connection each time. */
function appThrough(lab: Lab, machine: string): Probe {
  const name = `app through ${machine}`;
  const port = lab.machine(machine).publishedPorts[appNodePort] ?? 0;
  return {
    names: [name],
    ask: () =>
      new Promise((resolve, reject) => {
        const signal = AbortSignal.timeout(limitSeconds * 1000);
        get({ host: '127.0.0.1', port, path: '/', agent: false, signal }, (response) => {
          response.resume();
          response.on('error', reject);
          response.on('end', () => {
            const ok = response.statusCode === 200;
            resolve([{ probe: name, state: ok ? 'ok' : 'failed', says: `HTTP ${response.statusCode ?? 0}` }]);
          });
        }).on('error', (error) => {
          reject(
            error.name === 'AbortError' || signal.aborted ? new Error(`no answer within ${limitSeconds} s`) : error,
          );
        });
      }),
  };
}
