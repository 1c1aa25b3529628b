import { quoted } from '../system/run.ts';

/**
 * The shell scripts that arm, renew and undo a fault on its machine.
 *
 * A fault is a folder `/run/firedrill/faults/ID` with its `undo` and its `deadline`. Whoever holds the lock may act on
 * it, and the folder goes when the undo has worked: so exactly one of lease, host and a second host process undoes it,
 * and a script that was killed half-way leaves the folder for the next one.
 */
const root = '/run/firedrill';
const lockWaitSeconds = 45;
/** A service may take this long to stop (etcd with watches: 8 to 14 s, measured), on top of a wait for the lock. */
export const workSeconds = lockWaitSeconds + 45;

/** Exit codes of the scripts below, apart from those that shells and ssh use. */
export const exits = { notOurs: 90, locked: 91, undoFailed: 92, notArmed: 93, injectFailed: 94, refused: 95 } as const;

const folderOf = (id: string): string => `${root}/faults/${id}`;
const unitOf = (id: string): string => `firedrill-undo-${id}`;

// A container keeps its host's boot id, but its first process is another one after each start.
const boot = `"$(cat /proc/sys/kernel/random/boot_id)-$(cut -d ' ' -f 22 /proc/1/stat)"`;

const variables = (id: string): string[] => [
  `export FAULT_ID=${id} FAULT_DIR=${folderOf(id)} KEPT=/var/lib/firedrill/kept/${id}`,
];

/** Rule 9 of the design: nothing is done on a machine that does not carry the lab's mark. */
const onlyOnOurs = (lab: string): string =>
  `grep -qxF -e ${quoted(lab)} /etc/firedrill/lab 2>/dev/null || exit ${exits.notOurs}`;

const locked: string[] = [
  `mkdir -p ${root}/faults ${root}/refused`,
  `exec 9>>${root}/lock`,
  `flock -w ${lockWaitSeconds} 9 || exit ${exits.locked}`,
];

const disarm = (id: string): string => `systemctl stop ${unitOf(id)}.timer ${unitOf(id)}.service >/dev/null 2>&1`;

// In a subshell, because the connection's own shell may be kept for the next command.
const script = (...lines: string[]): string => `(\n${lines.join('\n')}\n)`;

const finishScript = `sh -eu "$FAULT_DIR/undo" || exit ${exits.undoFailed}
rm -rf "$KEPT" ${root}/old-$FAULT_ID
rmdir /var/lib/firedrill/kept /var/lib/firedrill 2>/dev/null
mv "$FAULT_DIR" ${root}/old-$FAULT_ID && rm -rf ${root}/old-$FAULT_ID
`;

/** What systemd runs when a timer elapses, with the fault's id. One file for all faults: a fault's own folder may be gone by then. */
const leaseScript = `${variables('$1').join('\n')}
exec 9>>${root}/lock
left() { echo $(( $(cat "$FAULT_DIR/deadline" 2>/dev/null || echo 0) - $(date +%s) )); }
while [ -d "$FAULT_DIR" ]; do
  seconds=$(left)
  if [ "$seconds" -gt 0 ]; then
    # In short sleeps: a machine that was suspended must notice.
    [ "$seconds" -lt 5 ] || seconds=5
    sleep "$seconds"
    continue
  fi
  flock 9
  if [ -d "$FAULT_DIR" ] && [ "$(left)" -le 0 ]; then sh "$FAULT_DIR/finish" || sleep 2; fi
  flock -u 9
done
`;

/** Prints what tells this boot of the machine from the next. */
export const bootScript = (lab: string): string => script(onlyOnOurs(lab), `echo ${boot}`);

/** Prints the id of each fault that the machine has a lease of. */
export const listScript = (lab: string): string => script(onlyOnOurs(lab), `ls ${root}/faults 2>/dev/null`);

/** Runs `inject` after the undo is stored and a timer of systemd will run it, whatever happens to the host. */
export function injectScript(
  lab: string,
  id: string,
  fault: { inject: string; undo?: string },
  leaseSeconds: number,
): string {
  const store = `${root}/new-${id}`;
  const write = (file: string, text: string) => `printf %s ${quoted(text)} > ${store}/${file}`;
  const arm = [
    `rm -rf ${store} && mkdir ${store} || exit ${exits.notArmed}`,
    write('finish', finishScript),
    write('lease', leaseScript),
    `mv ${store}/lease ${root}/lease`,
    write('undo', fault.undo ?? ''),
    `echo $(( $(date +%s) + ${leaseSeconds} )) > ${store}/deadline`,
    `mv ${store} "$FAULT_DIR" || exit ${exits.notArmed}`,
    `systemd-run --quiet --collect --unit=${unitOf(id)} --on-active=${leaseSeconds} ` +
      `--timer-property=AccuracySec=100ms /bin/sh ${root}/lease ${id} >&2 9>&- || { rm -rf "$FAULT_DIR"; exit ${exits.notArmed}; }`,
  ];
  return script(
    onlyOnOurs(lab),
    ...variables(id),
    ...locked,
    `[ ! -e ${root}/refused/${id} ] || exit ${exits.refused}`,
    ...(fault.undo === undefined ? [] : arm),
    `sh -euc ${quoted(fault.inject)} || exit ${exits.injectFailed}`,
  );
}

export const proofScript = (lab: string, id: string, proof: string): string =>
  script(onlyOnOurs(lab), ...variables(id), `sh -euc ${quoted(proof)}`);

/** Prints `held` or `expired`; in the second case nothing is left of the fault. */
export const renewScript = (lab: string, id: string, leaseSeconds: number): string =>
  script(
    onlyOnOurs(lab),
    ...variables(id),
    ...locked,
    `[ -d "$FAULT_DIR" ] || { echo expired; exit 0; }`,
    `now=$(date +%s)`,
    `if [ "$(cat "$FAULT_DIR/deadline")" -le "$now" ]; then`,
    `  sh "$FAULT_DIR/finish" || exit ${exits.undoFailed}`,
    disarm(id),
    `  echo expired`,
    `else`,
    `  echo $(( now + ${leaseSeconds} )) > "$FAULT_DIR/deadline.new"`,
    `  mv "$FAULT_DIR/deadline.new" "$FAULT_DIR/deadline" && echo held`,
    `fi`,
  );

/**
 * Prints `undone`, `already` (the lease or another process was first, or nothing was ever injected) or `gone` (the
 * machine was booted since; what outlives a boot is undone now).
 */
export const undoScript = (lab: string, id: string, undo: string, bootThen: string): string =>
  script(
    onlyOnOurs(lab),
    ...variables(id),
    ...locked,
    `if [ -d "$FAULT_DIR" ]; then`,
    `  sh "$FAULT_DIR/finish" || exit ${exits.undoFailed}`,
    `  how=undone`,
    `elif [ ${boot} != ${quoted(bootThen)} ]; then`,
    `  sh -euc ${quoted(undo)} || exit ${exits.undoFailed}`,
    `  rm -rf "$KEPT"`,
    `  how=gone`,
    `else`,
    `  how=already`,
    `fi`,
    // An injection that is still under way to the machine, from a process that died, must not be done after this.
    `: > ${root}/refused/${id}`,
    disarm(id),
    `echo "$how"`,
  );
