// The map of machines. It runs in the browser. Whatever the cluster said is only ever set as text.

interface Pod {
  name: string;
  ready: boolean;
  ending: boolean;
  version: string;
  share: number;
}

export interface Machine {
  name: string;
  roles: string[];
  state: string;
  says: string[];
  door?: { open: boolean; why: string };
  pods: Pod[];
}

const roleWords: Record<string, string> = { etcd: 'etcd', controller: 'controller', worker: 'worker' };

function element(name: string, className: string, text = ''): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Draws all machines, and the pods that wait for one. */
export function drawMachines(list: HTMLElement, machines: readonly Machine[], waiting: readonly Pod[]): void {
  const cards = machines.map(card);
  if (waiting.length > 0) {
    const name = 'waiting for a node';
    cards.push(card({ name, roles: [], state: 'unknown', says: [], pods: [...waiting] }));
  }
  list.replaceChildren(...cards);
}

function card({ name, roles, state, says, door, pods }: Machine): HTMLElement {
  const item = element('li', `machine ${state}`);
  const head = element('p', 'head');
  head.append(element('strong', 'name', name), ` ${roles.map((role) => roleWords[role] ?? '').join(', ')}`);
  item.append(head, ...says.map((text) => element('p', 'says', text)));
  if (door && !door.open) item.append(element('p', 'shut', `no visitors: ${door.why}`));
  const list = element('ul', 'pods');
  list.append(...pods.map(podItem));
  item.append(list);
  return item;
}

function podItem({ name, ready, ending, version, share }: Pod): HTMLElement {
  const state = ending ? 'ends' : ready ? 'ready' : 'not ready';
  const item = element('li', `pod ${ending ? 'ending' : ready ? 'ready' : 'waiting'}`);
  const note = [state, ...(version === '' ? [] : [`version ${version}`])].join(', ');
  item.append(element('span', 'pod-name', name), element('span', 'note', ` ${note}`));
  if (share > 0) {
    const bar = document.createElement('meter');
    bar.max = 1;
    bar.value = share;
    const words = share < 0.01 ? '<1 %' : `${Math.round(share * 100)} %`;
    bar.setAttribute('aria-label', `${words} of the answers`);
    item.append(bar, element('span', 'share', words));
  }
  return item;
}
