import { messageOf } from '../system/errors.ts';
import { run } from '../system/run.ts';
import { KeptConnections } from './https.ts';
import type { Etcd, EtcdMember } from './lab.ts';
import type { Machine } from './layout.ts';

/** Answer of etcd's gRPC gateway to `/v3/maintenance/status` (64-bit numbers are strings; zeros are left out). */
interface Status {
  header?: { member_id?: string; revision?: string };
  version?: string;
  dbSize?: string;
  leader?: string;
  raftIndex?: string;
  raftTerm?: string;
}

/** Asks etcd's members over the ports published for them, with the lab's client certificate. */
export function createEtcd(options: {
  machines: readonly Machine[];
  labFolder: string;
  environment: () => Record<string, string>;
}): Etcd {
  const { machines, labFolder } = options;
  let connections: Promise<KeptConnections> | undefined;
  const connect = () =>
    KeptConnections.of(labFolder, { ca: 'etcd-ca.crt', cert: 'etcd-client.crt', key: 'etcd-client.key' });

  const post = async (machine: Machine, path: string, body: unknown, timeoutSeconds: number) => {
    connections ??= connect();
    const answer = await (
      await connections
    ).ask({
      port: machine.publishedPorts[2379] ?? 0,
      path,
      method: 'POST',
      body: JSON.stringify(body),
      timeoutSeconds,
    });
    if (answer.status !== 200) throw new Error(answer.body.slice(0, 200) || `HTTP ${answer.status}`);
    return JSON.parse(answer.body) as unknown;
  };

  const look = async (machine: Machine, timeoutSeconds: number): Promise<EtcdMember> => {
    try {
      const status = (await post(machine, '/v3/maintenance/status', {}, timeoutSeconds)) as Status;
      const memberId = status.header?.member_id ?? '0';
      const leaderId = status.leader ?? '0';
      return {
        name: machine.name,
        answers: true,
        memberId: hexadecimal(memberId),
        isLeader: leaderId !== '0' && leaderId === memberId,
        ...(leaderId === '0' ? {} : { leaderId: hexadecimal(leaderId) }),
        raftTerm: Number(status.raftTerm ?? 0),
        raftIndex: Number(status.raftIndex ?? 0),
        revision: Number(status.header?.revision ?? 0),
        dbSizeBytes: Number(status.dbSize ?? 0),
        version: status.version ?? '',
      };
    } catch (error) {
      return { name: machine.name, answers: false, why: messageOf(error) };
    }
  };

  return {
    members: ({ timeoutSeconds = 2 } = {}) => Promise.all(machines.map((machine) => look(machine, timeoutSeconds))),
    ctl: (args, { members, timeoutSeconds = 10 } = {}) => {
      const asked = machines.filter((machine) => !members || members.includes(machine.name));
      const endpoints = asked.map((machine) => `https://127.0.0.1:${machine.publishedPorts[2379] ?? 0}`).join(',');
      const environment = { ...options.environment(), ETCDCTL_ENDPOINTS: endpoints };
      return run('etcdctl', args, { env: environment, timeoutSeconds });
    },
    call: (member, path, body, { timeoutSeconds = 2 } = {}) => {
      const machine = machines.find(({ name }) => name === member);
      if (!machine) return Promise.reject(new Error(`etcd has no member ${member}`));
      return post(machine, path, body, timeoutSeconds);
    },
  };
}

/** Member ids as etcdctl shows them. */
const hexadecimal = (decimal: string): string => BigInt(decimal).toString(16);
