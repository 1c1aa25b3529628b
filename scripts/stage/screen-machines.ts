import { stylesFor, type Look, type Styles } from '../ui/look.ts';
import { harmless, padTo, visibleWidth } from '../ui/wrap.ts';
import type { MachineView, StageView } from './view.ts';
import { percent } from './words.ts';

type Shown = Pick<StageView, 'machines' | 'etcdLeader'>;
type Draw = (machine: MachineView) => string[];

/**
 * The machines in at most `rows` lines (one at least): those that are well are folded first, and in the end it says how
 * many are not shown. None is left out without a word.
 */
export function machineRows(view: Shown, look: Look, rows: number): string[] {
  const styles = stylesFor(look);
  const whole: Draw = (machine) => [titleLine(machine, styles), ...podLines(machine, look)];
  const short: Draw = (machine) => [titleLine(machine, styles, podsInShort(machine))];
  const { machines } = view;
  const bare = (machine: MachineView): boolean => isWell(machine) && machine.pods.length === 0;
  const never = (): boolean => false;
  // From everything to next to nothing: which machines share a line, and how the others are drawn.
  const ways: [folded: (machine: MachineView) => boolean, well: Draw, others: Draw][] = [
    [never, whole, whole],
    [bare, whole, whole],
    [bare, short, whole],
    [isWell, short, whole],
    [isWell, short, short],
  ];
  let lines: string[] = [];
  for (const [isFolded, well, others] of ways) {
    const folded = machines.filter(isFolded);
    const alone = machines.filter((machine) => !isFolded(machine));
    lines = [
      ...(folded.length === 0 ? [] : [foldedLine(folded, view.etcdLeader, styles)]),
      ...alone.flatMap((machine) => (isWell(machine) ? well : others)(machine)),
    ];
    if (lines.length <= rows) return lines;
  }
  const kept = Math.max(0, rows - 1);
  return [
    ...lines.slice(0, kept),
    styles.warning(`and ${lines.length - kept} more lines of machines: make this larger`),
  ];
}

const isWell = ({ state, door, pods }: MachineView): boolean =>
  state === 'ok' && door?.open !== false && pods.every(({ ready, ending }) => ready && !ending);

function titleLine({ name, state, says, door }: MachineView, styles: Styles, more: readonly string[] = []): string {
  const mood = { ok: styles.good, failed: styles.bad, unknown: styles.warning }[state];
  const shut = door && !door.open ? [`no visitors: ${door.why}`] : [];
  return `${mood(padTo(name, 3))} ${[...says, ...shut, ...more].map(harmless).join(' · ')}`;
}

/** As many pods in a line as fit. */
function podLines({ pods }: MachineView, { columns }: Look): string[] {
  const cells = pods.map((pod) => {
    const share = pod.share > 0 ? ` ${percent(pod.share)}` : '';
    const note = pod.ending ? ' ends' : pod.ready ? '' : ' not ready';
    return `${harmless(pod.name)}${share}${note}`;
  });
  const lines: string[] = [];
  for (const cell of cells) {
    const last = lines.at(-1);
    if (last !== undefined && visibleWidth(last) + cell.length + 3 <= columns)
      lines[lines.length - 1] = `${last}   ${cell}`;
    else lines.push(`      ${cell}`);
  }
  return lines;
}

function podsInShort({ pods }: Pick<MachineView, 'pods'>): string[] {
  if (pods.length === 0) return [];
  const share = pods.reduce((sum, pod) => sum + pod.share, 0);
  const ready = pods.filter((pod) => pod.ready && !pod.ending).length;
  const count = ready === pods.length ? String(ready) : `${ready} of ${pods.length}`;
  return [`${count} ${pods.length === 1 ? 'pod' : 'pods'}${share > 0 ? ` ${percent(share)}` : ''}`];
}

function foldedLine(machines: readonly MachineView[], leader: string | undefined, styles: Styles): string {
  const names = machines.map(({ name }) => name).join(' ');
  const leads = machines.some(({ name }) => name === leader) ? [`${leader ?? ''} leads etcd`] : [];
  return [styles.good(names), ...leads, ...podsInShort({ pods: machines.flatMap(({ pods }) => pods) })].join(' · ');
}
