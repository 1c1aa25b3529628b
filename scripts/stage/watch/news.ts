import type { News } from '../event.ts';
import type { PodSight, Sight } from './sight.ts';

/** What happened between two looks, in the order in which it is told best: machines, nodes, pods, then etcd and the API. */
export function newsBetween(before: Sight, after: Sight): News[] {
  return [
    ...powerNews(before, after),
    ...nodeNews(before, after),
    ...podNews(before.pods, after.pods),
    ...etcdNews(before, after),
    ...apiNews(before, after),
  ];
}

function powerNews(before: Sight, after: Sight): News[] {
  return [
    ...after.off
      .filter((machine) => !before.off.includes(machine))
      .map((machine): News => ({ kind: 'machine-off', machine, says: `${machine} is off` })),
    ...before.off
      .filter((machine) => !after.off.includes(machine))
      .map((machine): News => ({ kind: 'machine-on', machine, says: `${machine} is on again` })),
  ];
}

function nodeNews(before: Sight, after: Sight): News[] {
  const news: News[] = [];
  for (const node of after.nodes) {
    const { name: machine } = node;
    const tell = (kind: News['kind'], says: string, more: Partial<News> = {}): void =>
      void news.push({ kind, machine, says, ...more });
    const known = before.nodes.find(({ name }) => name === machine);
    if (!known) {
      tell('node-joined', `Node ${machine} has joined`);
      continue;
    }
    if (!known.cordoned && node.cordoned) tell('cordoned', `Node ${machine} is cordoned: no new pods`);
    if (known.cordoned && !node.cordoned) tell('uncordoned', `Node ${machine} takes new pods again`);
    if (known.ready && !node.ready) tell('node-not-ready', `Node ${machine} is NotReady`);
    if (!known.ready && node.ready) tell('node-ready', `Node ${machine} is Ready`);
    if (known.version !== node.version) {
      tell('node-version', `Node ${machine} runs kubelet ${node.version}`, podsLeftOn(machine, before, after));
    }
  }
  for (const { name: machine } of before.nodes) {
    if (after.nodes.some(({ name }) => name === machine)) continue;
    const left = podsLeftOn(machine, before, after);
    news.push({ kind: 'node-left', machine, says: `Node ${machine} was removed`, ...left });
  }
  return news;
}

/** Pods that are on the machine in both looks: what came in between, or was gone by then, does not count. */
function podsLeftOn(machine: string, before: Sight, after: Sight): Pick<News, 'podsLeft'> {
  const isThere = ({ pods }: Sight, pod: string): boolean =>
    pods.some((one) => one.name === pod && one.machine === machine);
  const left = before.pods.map(({ name }) => name).filter((pod) => isThere(before, pod) && isThere(after, pod));
  return left.length === 0 ? {} : { podsLeft: left };
}

const answersVisitors = ({ app }: PodSight): boolean => app === 'guestbook';

function podNews(before: readonly PodSight[], after: readonly PodSight[]): News[] {
  const news: News[] = [];
  for (const pod of after) {
    const { name: subject, machine } = pod;
    const known = before.find(({ name }) => name === subject);
    const on = machine === '' ? '' : ` on ${machine}`;
    const tell = (kind: News['kind'], what: string): void =>
      void news.push({ kind, subject, ...(machine === '' ? {} : { machine }), says: `Pod ${subject}${on} ${what}` });
    if (!known) tell('pod-made', `is new (version ${pod.version})`);
    if (known && pod.restarts > known.restarts) tell('pod-restarted', 'was started again');
    if (known && !known.ending && pod.ending) tell('pod-ending', 'was told to end');
    if (!known?.ready && pod.ready) tell('pod-ready', 'is ready');
    // A pod that ends is not ready at some point: that is no news.
    if (known?.ready && !pod.ready && !pod.ending) tell('pod-unready', 'is not ready any more');
  }
  for (const { name: subject, machine } of before) {
    if (after.some(({ name }) => name === subject)) continue;
    news.push({ kind: 'pod-gone', subject, machine, says: `Pod ${subject} is gone from ${machine}` });
  }
  if (before.some(answersVisitors) && !after.some(answersVisitors)) {
    news.push({ kind: 'no-pods', says: 'No pod of the app is left' });
  }
  return news;
}

function etcdNews(before: Sight, after: Sight): News[] {
  const news: News[] = [];
  for (const { name: machine, answers } of after.members) {
    const known = before.members.find(({ name }) => name === machine)?.answers;
    if (known === true && !answers) news.push({ kind: 'member-silent', machine, says: `etcd on ${machine} is silent` });
    if (known === false && answers)
      news.push({ kind: 'member-back', machine, says: `etcd on ${machine} answers again` });
  }
  const [was, is] = [leaderOf(before), leaderOf(after)];
  if (was !== undefined && is === undefined) news.push({ kind: 'no-leader', says: 'etcd has no leader' });
  if (is !== undefined && was?.name !== is.name) {
    news.push({ kind: 'leader', machine: is.name, says: `${is.name} leads etcd (term ${is.raftTerm ?? 0})` });
  }
  return news;
}

/** The member that says it leads; of two that do so in an election, the one of the later term. */
export const leaderOf = ({ members }: Pick<Sight, 'members'>): Sight['members'][number] | undefined =>
  members
    .filter(({ answers, isLeader }) => answers && isLeader)
    .toSorted((one, other) => (other.raftTerm ?? 0) - (one.raftTerm ?? 0))[0];

function apiNews(before: Sight, after: Sight): News[] {
  const [was, is] = [before.apiSilent !== undefined, after.apiSilent !== undefined];
  if (!was && is) return [{ kind: 'api-silent', says: `The API server is silent: ${after.apiSilent ?? ''}` }];
  if (was && !is) return [{ kind: 'api-answers', says: 'The API server answers again' }];
  return [];
}
