import { connect } from 'node:net';
import { createApiServers } from '../lab/api-servers.ts';
import type { EtcdMember, Lab } from '../lab/lab.ts';
import { appNodePort, hasRole, runsKubelet } from '../lab/layout.ts';
import { messageOf } from '../system/errors.ts';
import type { Probe, Reading } from './probe.ts';

/** Seconds after which an answer does not count any more. */
const limitSeconds = 1;
/** The object that is written to. A lease is small, and nobody watches this one. */
const leasePath = '/apis/coordination.k8s.io/v1/namespaces/default/leases/firedrill-probe';

/** Everything that is asked ten times a second while a drill runs, but DNS: see dns.ts. */
export const createProbes = (lab: Lab): Probe[] => [
  apiWrite(lab),
  etcdMembers(lab),
  apiReadAndNodes(lab),
  ...lab.layout.machines.filter((machine) => hasRole(machine, 'worker')).map(({ name }) => appThrough(lab, name)),
];

/** One small write that etcd must commit; with two controllers, through the one that answers. */
export function apiWrite(lab: Pick<Lab, 'machinesWithRole' | 'folder'>): Probe {
  const name = 'API write';
  const apiServers = createApiServers({ controllers: lab.machinesWithRole('controller'), labFolder: lab.folder });
  const send = async (method: string, path: string, body: string): Promise<number> => {
    // https://kubernetes.io/docs/reference/using-api/server-side-apply/: it creates what is not there.
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    return (await apiServers.ask({ method, path, body, headers }, limitSeconds)).status;
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
      await apiServers.close();
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
    // Without a leader it answers, and serves no write and no read that must be current.
    state: member.leaderId === undefined ? 'failed' : 'ok',
    says: `${role}, term ${member.raftTerm ?? 0}`,
    ...(member.revision === undefined ? {} : { revision: member.revision }),
  };
}

/**
 * What `kubectl get nodes` reads: for each node its name, its status in a word, and no more. Whole nodes are ten times as
 * long; all probes together cost 4 to 7 % less without them.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
interface NodeTable {
  columnDefinitions: { name: string }[];
  rows: { cells: unknown[] }[];
}
const asTable = { path: '/api/v1/nodes?includeObject=None', accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };

/** A list from the API server, and what it says of the nodes in it. While it is silent, nobody can tell of them. */
export function apiReadAndNodes(lab: Lab): Probe {
  const read = 'API read';
  const names = lab.layout.machines.filter(runsKubelet).map((machine) => `node ${machine.name}`);
  return {
    names: [read, ...names],
    async ask() {
      try {
        const { path, accept } = asTable;
        const table = await lab.kubernetes.get<NodeTable>(path, { timeoutSeconds: limitSeconds, accept });
        return [{ probe: read, state: 'ok' }, ...conditionsIn(table)];
      } catch (error) {
        const says = messageOf(error).split('\n')[0] ?? '';
        return [
          { probe: read, state: 'failed', says },
          ...names.map((probe): Reading => ({ probe, state: 'unknown', says: 'the API server is silent' })),
        ];
      }
    },
  };
}

function conditionsIn({ columnDefinitions, rows }: NodeTable): Reading[] {
  const column = (wanted: string): number => columnDefinitions.findIndex(({ name }) => name === wanted);
  const [name, status] = [column('Name'), column('Status')] as const;
  return rows.map(({ cells }) => {
    // "Ready", or "NotReady", or "Unknown"; one that is cordoned has ",SchedulingDisabled" behind it.
    const ready = /^Ready(,|$)/.test(String(cells[status]));
    return {
      probe: `node ${String(cells[name])}`,
      state: ready ? 'ok' : 'failed',
      says: ready ? 'Ready' : 'NotReady',
    };
  });
}

/**
 * The app's page through the NodePort of one worker, over a new connection each time. A bare HTTP/1.0 request costs half
 * of what Node's own client does.
 */
export function appThrough(lab: Pick<Lab, 'machine'>, machine: string): Probe {
  const name = `app through ${machine}`;
  const port = lab.machine(machine).publishedPorts[appNodePort] ?? 0;
  return {
    names: [name],
    async ask() {
      const status = await statusOf(port);
      return [{ probe: name, state: status === 200 ? 'ok' : 'failed', says: `HTTP ${status}` }];
    },
  };
}

/** The HTTP status that a port of this computer answers. Rejects where there is no whole answer. */
const statusOf = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    const limit = setTimeout(
      () => socket.destroy(new Error(`no answer within ${limitSeconds} s`)),
      limitSeconds * 1000,
    );
    let status: number | undefined;
    socket.once('connect', () => socket.write('GET / HTTP/1.0\r\nHost: app\r\n\r\n'));
    socket.on('data', (chunk: Buffer) => {
      // The status line fits in the first packet.
      status ??= Number(/^HTTP\/1\.\d (\d{3})/.exec(chunk.toString('latin1', 0, 16))?.[1] ?? 0);
    });
    socket.on('error', reject);
    socket.once('close', () => {
      clearTimeout(limit);
      if (status === undefined) reject(new Error('the connection was closed without an answer'));
      else resolve(status);
    });
  });
