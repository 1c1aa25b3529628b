import type { Fault } from './fault.ts';

const hooks = ['INPUT', 'OUTPUT', 'FORWARD'];
// `-w`: the kubelet and kube-proxy change rules, too, and one waits for the other.
const iptables = 'iptables -w 10';
const jump = '-m comment --comment "$chain" -j "$chain"';
const chain = 'chain="FIREDRILL-$FAULT_ID"';

/** The three scripts of a fault made of iptables rules: a chain of its own, so that the undo removes exactly that. */
export function firewallScripts(rules: readonly string[]): Required<Pick<Fault, 'inject' | 'proof' | 'undo'>> {
  const lines = [
    '"*filter"',
    '":$chain - [0:0]"',
    ...rules.map((rule) => `"-A $chain ${rule}"`),
    // First in each hook: before whatever lets known connections pass.
    ...hooks.map((hook) => `"-I ${hook} 1 -m comment --comment $chain -j $chain"`),
    'COMMIT',
  ];
  return {
    // One transaction: all of it or nothing.
    inject: `${chain}\nprintf '%s\\n' ${lines.join(' ')} | iptables-restore -w 10 --noflush`,
    proof: [
      chain,
      ...hooks.map((hook) => `${iptables} -C ${hook} ${jump}`),
      `[ "$(${iptables} -S "$chain" | grep -c -e ^-A)" -eq ${rules.length} ]`,
    ].join('\n'),
    undo: [
      chain,
      `for hook in ${hooks.join(' ')}; do`,
      `  while ${iptables} -D "$hook" ${jump} 2>/dev/null; do :; done`,
      'done',
      `${iptables} -F "$chain" 2>/dev/null || :`,
      `${iptables} -X "$chain" 2>/dev/null || :`,
      `if ${iptables} -S | grep -q -e "$chain"; then echo "rules of $chain are left" >&2; exit 1; fi`,
    ].join('\n'),
  };
}
