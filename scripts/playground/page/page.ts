// The page's script. It runs in the browser: the server takes the types off.
// What users typed, and what etcd answered, is only ever set as text, never as markup.

import { byId, pageToken, svg } from '../../page/dom.ts';

type State = 'leader' | 'follower' | 'learner' | 'leaderless' | 'silent' | 'stopped' | 'removed';

interface Member {
  name: string;
  state: State;
  id?: string;
  term?: number;
  index?: number;
  revision?: number;
  dbSizeBytes?: number;
  hash?: number;
}

interface Ring {
  open: boolean;
  members: Member[];
  voters: string[];
  cuts: [string, string][];
}

interface Answer {
  ok?: boolean;
  said?: string;
  milliseconds?: number;
  via?: string;
  keys?: { key: string; value: string; version: number; lease?: string }[];
  error?: string;
  remedy?: string;
}

const token = pageToken();
const states: Record<State, string> = {
  leader: 'leader',
  follower: 'follower',
  learner: 'learner',
  leaderless: 'no leader',
  silent: 'silent',
  stopped: 'stopped',
  removed: 'removed',
};
const resultsKept = 200;

// ---- Results

function tell(text: string, ok = true): void {
  const line = document.createElement('li');
  line.textContent = `${new Date().toLocaleTimeString()}  ${text}`;
  if (!ok) line.className = 'no';
  const results = byId('results', HTMLOListElement);
  results.prepend(line);
  while (results.children.length > resultsKept) results.lastElementChild?.remove();
}

async function ask(name: string, what: string, body: object): Promise<Answer | undefined> {
  try {
    const response = await fetch(`/api/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-firedrill-token': token },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Answer;
    if (answer.error !== undefined) {
      tell(`${what}: ${answer.error} ${answer.remedy ?? ''}`, false);
      return undefined;
    }
    return answer;
  } catch {
    tell(`${what}: the program does not answer. Was it ended?`, false);
    return undefined;
  }
}

async function askAndTell(name: string, what: string, body: object): Promise<void> {
  const answer = await ask(name, what, body);
  if (!answer) return;
  const keys = (answer.keys ?? []).map(
    ({ key, value, version, lease }) =>
      `\n    ${key} = ${value}  (version ${version}${lease === undefined ? '' : `, lease ${lease}`})`,
  );
  const by = answer.via === undefined ? '' : `${answer.via}, `;
  tell(`${what}: ${answer.said ?? 'done'} (${by}${answer.milliseconds ?? 0} ms)${keys.join('')}`, answer.ok ?? true);
}

// ---- The ring

function drawRing({ members, cuts }: Ring): void {
  const picture = byId('ring', SVGSVGElement);
  const place = (index: number, distance = 105): { x: number; y: number } => {
    const angle = (2 * Math.PI * index) / members.length - Math.PI / 2;
    return { x: 160 + distance * Math.cos(angle), y: 150 + distance * Math.sin(angle) };
  };
  const isCut = (one: string, other: string): boolean => cuts.some(([a, b]) => a === one && b === other);
  const parts: SVGElement[] = [];
  members.forEach((one, index) => {
    members.slice(index + 1).forEach((other, offset) => {
      if (one.state === 'removed' || other.state === 'removed') return;
      const from = place(index);
      const to = place(index + 1 + offset);
      const attributes = { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
      parts.push(svg('line', { ...attributes, class: isCut(one.name, other.name) ? 'cut' : 'cable' }));
    });
  });
  members.forEach(({ name, state }, index) => {
    const { x, y } = place(index);
    // Outside of the ring, where no cable crosses it.
    const label = place(index, 105 + (index === 0 ? 38 : index === 1 || index === members.length - 1 ? 62 : 48));
    const group = svg('g', { class: state });
    group.append(
      svg('circle', { cx: x, cy: y, r: state === 'leader' ? 26 : 20 }),
      svg('text', { x, y: y + 5, class: 'name' }, name),
      svg('text', { x: label.x, y: label.y + 5 }, states[state]),
    );
    parts.push(group);
  });
  picture.replaceChildren(...parts);
  picture.setAttribute(
    'aria-label',
    `The ring: ${members.map(({ name, state }) => `${name} ${states[state]}`).join(', ')}`,
  );
}

// ---- The members. Rows are made once and then changed, so that the focus stays where it is.

interface Row {
  row: HTMLLIElement;
  state: HTMLElement;
  figures: HTMLElement;
  /** Start, stop or add. */
  main: HTMLButtonElement;
  promote: HTMLButtonElement;
  remove: HTMLButtonElement;
}
const rows = new Map<string, Row>();

function rowOf(name: string): Row {
  const known = rows.get(name);
  if (known) return known;
  const row = document.createElement('li');
  const label = document.createElement('label');
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.name = 'chosen';
  box.value = name;
  label.append(box, ` ${name}`);
  const state = document.createElement('span');
  state.className = 'state';
  const figures = document.createElement('span');
  figures.className = 'figures';
  const [main, promote, remove] = [button(), button(), button()];
  row.append(label, state, figures, main, promote, remove);
  byId('members', HTMLElement).append(row);
  const option = document.createElement('option');
  option.value = name;
  option.textContent = name;
  byId('via', HTMLElement).append(option);
  const made = { row, state, figures, main, promote, remove };
  rows.set(name, made);
  return made;
}

function button(): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.addEventListener('click', () => {
    const { action = '', member = '' } = made.dataset;
    const body = ['stop', 'kill', 'start'].includes(action) ? { members: [member] } : { member };
    void busy(made, () => askAndTell(action, `${action} ${member}`, body));
  });
  return made;
}

function offer(button: HTMLButtonElement, action: string, member: string): void {
  button.dataset['action'] = action;
  button.dataset['member'] = member;
  const word = action.charAt(0).toUpperCase() + action.slice(1);
  if (button.textContent !== word) button.textContent = word;
  button.setAttribute('aria-label', `${word} ${member}`);
}

function showMember({ name, state, ...figures }: Member): void {
  const row = rowOf(name);
  row.row.className = state;
  row.state.textContent = states[state];
  const { id, term, index, revision, dbSizeBytes, hash } = figures;
  // One that tells none keeps the place of its last ones: what is below must not move under somebody's pointer.
  row.figures.classList.toggle('none', id === undefined);
  if (id !== undefined) {
    row.figures.textContent =
      `id ${id}  term ${term ?? 0}  index ${index ?? 0}  revision ${revision ?? 0}  ` +
      `${Math.round((dbSizeBytes ?? 0) / 1024)} KiB  hash ${(hash ?? 0).toString(16).padStart(8, '0')}`;
  }
  offer(row.main, state === 'stopped' ? 'start' : state === 'removed' ? 'add' : 'stop', name);
  offer(row.promote, 'promote', name);
  offer(row.remove, 'remove', name);
  // Two buttons, for one that changed its word would remove a member whose promotion somebody asks for twice.
  hide(row.promote, state !== 'learner', row.main);
  hide(row.remove, state === 'removed', row.main);
}

/** A button that is hidden loses the focus: somebody who uses the keyboard goes on with another one. */
function hide(button: HTMLButtonElement, hidden: boolean, other: HTMLButtonElement): void {
  if (hidden && document.activeElement === button) other.focus();
  button.hidden = hidden;
}

function follow(): void {
  const source = new EventSource(`/api/ring?token=${encodeURIComponent(token)}`);
  let before = '';
  source.addEventListener('message', (event: MessageEvent<string>) => {
    const seen = JSON.parse(event.data) as { ring?: Ring; quorum?: string[]; error?: string };
    const words = seen.quorum ?? [seen.error ?? ''];
    // Said again only when it changed: a screen reader reads it out.
    if (words.join() !== before) {
      before = words.join();
      byId('quorum', HTMLElement).replaceChildren(
        ...words.map((line) => {
          const paragraph = document.createElement('p');
          paragraph.textContent = line;
          return paragraph;
        }),
      );
    }
    if (!seen.ring) return;
    drawRing(seen.ring);
    seen.ring.members.forEach(showMember);
    if (!seen.ring.open) source.close();
  });
  source.addEventListener('error', () => {
    byId('quorum', HTMLElement).textContent = 'The program does not answer. If it was ended, this page is over.';
    before = '';
  });
}

// ---- Forms and buttons

async function busy(button: HTMLButtonElement, work: () => Promise<void>): Promise<void> {
  if (button.getAttribute('aria-disabled') === 'true') return;
  // Not `disabled`: that would take the focus away from somebody who uses the keyboard.
  button.setAttribute('aria-disabled', 'true');
  try {
    await work();
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

const via = (): object => {
  const { value } = byId('via', HTMLSelectElement);
  return value === '' ? {} : { via: value };
};

function onSubmit(id: string, work: (fields: FormData) => Promise<void>): void {
  const form = byId(id, HTMLFormElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const submit = form.querySelector('button');
    if (submit) void busy(submit, () => work(new FormData(form)));
  });
}

const text = (fields: FormData, name: string): string => {
  const value = fields.get(name);
  return typeof value === 'string' ? value : '';
};

onSubmit('put', (fields) => {
  const key = text(fields, 'key');
  return askAndTell('put', `write ${key}`, { key, value: text(fields, 'value'), ...via() });
});
onSubmit('get', (fields) => {
  const key = text(fields, 'key');
  const prefix = fields.has('prefix');
  const body = { key, prefix, serializable: fields.has('serializable'), ...via() };
  return askAndTell('get', `read ${key}${prefix ? '…' : ''}`, body);
});
onSubmit('delete', (fields) => {
  const key = text(fields, 'key');
  const prefix = fields.has('prefix');
  return askAndTell('delete', `delete ${key}${prefix ? '…' : ''}`, { key, prefix, ...via() });
});
onSubmit('stress', async (fields) => {
  const writes = Number(text(fields, 'writes'));
  const result = (await ask('stress', 'stress', { writes, ...via() })) as Record<string, number | string> | undefined;
  if (!result) return;
  tell(
    `stress: ${result['confirmed'] ?? 0} writes confirmed in ${result['seconds'] ?? 0} s, ` +
      `${result['writesPerSecond'] ?? 0} a second, ${result['failed'] ?? 0} failed (${result['via'] ?? ''}; ` +
      `half within ${result['medianMilliseconds'] ?? 0} ms, 99 % within ${result['p99Milliseconds'] ?? 0} ms)`,
    result['failed'] === 0,
  );
});

let watching: EventSource | undefined;

function endWatch(): void {
  watching?.close();
  watching = undefined;
  byId('unwatch', HTMLButtonElement).disabled = true;
}

onSubmit('watch', (fields) => {
  endWatch();
  const key = text(fields, 'key');
  const query = new URLSearchParams({ token, key, prefix: String(fields.has('prefix')), ...via() });
  const source = new EventSource(`/api/watch?${query.toString()}`);
  watching = source;
  byId('unwatch', HTMLButtonElement).disabled = false;
  source.addEventListener('message', (event: MessageEvent<string>) => {
    const change = JSON.parse(event.data) as {
      type: string;
      key?: string;
      value?: string;
      revision?: number;
      via?: string;
      why?: string;
    };
    if (change.type === 'watching') tell(`watch ${key}: through ${change.via ?? ''}`);
    if (change.type === 'put')
      tell(`watch: revision ${change.revision ?? 0}, ${change.key ?? ''} = ${change.value ?? ''}`);
    if (change.type === 'delete') tell(`watch: revision ${change.revision ?? 0}, ${change.key ?? ''} deleted`);
    if (change.type === 'ended') {
      tell(`watch ${key} ended: ${change.why ?? ''}`, false);
      endWatch();
    }
  });
  source.addEventListener('error', () => {
    if (watching === source) endWatch();
  });
  return Promise.resolve();
});
byId('unwatch', HTMLElement).addEventListener('click', () => {
  endWatch();
  tell('watch: ended');
  document.querySelector<HTMLElement>('#watch input')?.focus();
});

for (const each of document.querySelectorAll<HTMLButtonElement>('.actions button')) {
  each.addEventListener('click', () => {
    const action = each.dataset['action'] ?? '';
    const chosen = [...document.querySelectorAll<HTMLInputElement>('input[name="chosen"]:checked')].map(
      ({ value }) => value,
    );
    if (chosen.length === 0 && action !== 'mend') {
      tell(`${action}: choose members first`, false);
      return;
    }
    const body = action === 'mend' ? {} : { members: chosen };
    void busy(each, () => askAndTell(action, `${action} ${action === 'mend' ? '' : chosen.join(', ')}`.trim(), body));
  });
}

follow();
