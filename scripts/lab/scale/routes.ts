import { waitUntil } from '../../system/wait.ts';
import { podRoutes } from '../cloud-config.ts';
import type { Lab } from '../lab.ts';
import { runsKubelet, type Layout, type Machine } from '../layout.ts';

/** Where a machine keeps its routes for its next boot: the unit pod-routes sets them. */
export const podRoutesFile = '/etc/kubernetes/pod-routes';
const deadlineSeconds = 60;

/**
 * Tells machines with a kubelet the way to the pods of all others of a layout, and takes away the ways to machines that
 * it does not have. Changes nothing where all is told already. A machine that does not answer yet is waited for.
 * @throws FiredrillError `waited-in-vain`.
 */
export async function tellRoutes(
  lab: Lab,
  layout: Layout,
  { machines = layout.machines, signal }: { machines?: readonly Machine[]; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  await Promise.all(
    machines.filter(runsKubelet).map((machine) => {
      const input = `${podRoutes(machine, layout).join('\n')}\n`;
      const told = async () => {
        const result = await lab.on(machine.name, routesScript(podRoutesFile), { input, signal });
        if (result.exitCode !== 0) throw new Error(result.stderr.trim());
        return true;
      };
      return waitUntil(told, { what: `${machine.name} knows the way to all pods`, deadlineSeconds, signal });
    }),
  );
}

/**
 * Reads the wanted routes from its input. It adds what is new to the file, not what is missing in the kernel: a route that
 * somebody deleted for a drill stays deleted. The file comes last, so that a script that was killed is done again.
 */
export const routesScript = (file: string): string => `(
set -e
touch ${file}
cat > ${file}.new
grep -vxF -f ${file} ${file}.new | while read -r network via gateway; do
  [ -z "$network" ] || ip route replace "$network" via "$gateway"
done
${strayRoutesScript(`${file}.new`)}
mv ${file}.new ${file}
)`;

/** Deletes each route to pods of a machine that a file does not name, and says so in a line. */
export const strayRoutesScript = (
  file: string,
): string => `ip route show | sed -n 's/^\\(10\\.2\\.[0-9]*\\.0\\/24\\) via .*/\\1/p' | while read -r network; do
  grep -qF "$network " ${file} || { ip route del "$network"; echo "route to $network, of no machine of the lab"; }
done`;
