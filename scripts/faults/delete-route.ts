import { quoted } from '../system/run.ts';
import type { Fault } from './fault.ts';

/** Removes the route to a network (`10.2.22.0/24`) from a machine, and remembers it word for word. */
export function deleteRoute(machine: string, destination: string, title?: string): Fault {
  const show = `ip -4 route show exact ${quoted(destination)}`;
  return {
    kind: 'delete-route',
    machine,
    title: title ?? `${machine} has no route to ${destination}`,
    inject: [
      // Flags that `ip` shows and does not read back are left out.
      `${show} | sed 's/ \\(linkdown\\|dead\\|offload\\|trap\\)\\b//g' > "$FAULT_DIR/routes.new"`,
      `[ -s "$FAULT_DIR/routes.new" ] || { echo there is no route to ${quoted(destination)} >&2; exit 1; }`,
      'mv "$FAULT_DIR/routes.new" "$FAULT_DIR/routes"',
      'while read -r route; do ip -4 route del $route; done < "$FAULT_DIR/routes"',
    ].join('\n'),
    proof: `[ -z "$(${show})" ]`,
    undo: [
      '[ -e "$FAULT_DIR/routes" ] || exit 0',
      'while read -r route; do ip -4 route replace $route; done < "$FAULT_DIR/routes"',
    ].join('\n'),
  };
}
