import type { LabStatus, MachineStatus } from '../lab/status.ts';
import type { Context } from './context.ts';

/** `firedrill lab status`: exit code 1 where something of it is not well. */
export async function status(context: Context): Promise<void> {
  const [{ openLab }, { lookAtLab }] = await Promise.all([import('../lab/open.ts'), import('../lab/status.ts')]);
  const found = await lookAtLab(await openLab(context.lab));
  if (context.json) context.printJson(found);
  else for (const line of statusLines(found)) context.print(line);
  const healthy =
    found.apiServer.answers &&
    (found.apiServers.length < 2 || found.apiServers.every(({ ready }) => ready)) &&
    found.machines.every(
      ({ state, nodeReady, etcd }) => state === 'running' && nodeReady !== false && etcd?.answers !== false,
    );
  process.exitCode = healthy ? 0 : 1;
}

/** The status as a table that fits into 80 columns. */
export function statusLines(found: LabStatus): string[] {
  const rows = [
    ['MACHINE', 'ROLE', 'ADDRESS', 'STATE', ''],
    ...found.machines.map((machine) => [
      machine.name,
      machine.roles.join(','),
      machine.address,
      machine.state,
      aboutMachine(machine),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [`Lab ${found.name} (${found.size}, ${found.provider})`, ...table, ...apiServerLines(found)];
}

/** One line, or with two controllers a line for each. */
function apiServerLines({ apiServer, apiServers }: LabStatus): string[] {
  if (apiServers.length < 2) {
    const { address, answers, why } = apiServer;
    return [`API server ${address}: ${answers ? 'answers' : `does not answer (${why ?? ''})`}`];
  }
  return apiServers.map(
    ({ machine, address, ready, why }) =>
      `API server of ${machine}, ${address}: ${ready ? 'is ready' : `is not ready (${why ?? ''})`}`,
  );
}

function aboutMachine({ etcd, nodeReady, roles }: MachineStatus): string {
  const parts: string[] = [];
  if (etcd) {
    const answering = etcd.leaderId === undefined ? 'knows no leader' : etcd.isLeader ? 'etcd leader' : 'etcd follower';
    parts.push(etcd.answers ? answering : 'etcd does not answer');
  }
  if (nodeReady !== undefined) parts.push(nodeReady ? 'Ready' : 'NotReady');
  else if (roles.some((role) => role !== 'etcd')) parts.push('node: not known');
  return parts.join(', ');
}
