import type { Lab } from '../../../scripts/lab/lab.ts';
import { createLayout, hasRole, type Machine } from '../../../scripts/lab/layout.ts';
import { KubernetesError } from '../../../scripts/lab/kubernetes.ts';
import { cordonMark } from '../../../scripts/lab/upgrade/drain.ts';
import { moveScript, progressScript, surveyScript, type Minor } from '../../../scripts/lab/upgrade/on-machine.ts';
import type { CommandResult } from '../../../scripts/system/run.ts';

const result = (stdout = '', exitCode = 0, stderr = ''): CommandResult => ({ stdout, stderr, exitCode });
const minors: readonly Minor[] = ['older', 'newer'];

/** The node w1 of a lab: a machine that knows the three scripts, and an API server that knows the node. */
export class FakeNode {
  versions: Record<Minor, string> = { older: 'v1.36.3', newer: 'v1.37.2' };
  apiVersions: string[] = ['v1.37.2'];
  chosen: Minor = 'newer';
  runs: { kubelet: Minor | undefined; kubeProxy: Minor | undefined } = { kubelet: 'newer', kubeProxy: 'newer' };
  ready = true;
  cordoned = false;
  marked = false;
  /** Minors whose kubelet never becomes Ready here. */
  broken: Minor[] = [];
  apiDownAfterMove = false;
  apiDown = false;
  drains: CommandResult = result();
  budgets: { namespace: string; name: string; disruptionsAllowed: number }[] = [];
  /** What was done, in order. */
  readonly did: string[] = [];
  #said = 'v1.37.2';
  #since = 1000;
  #heartbeat = 2000;

  lab(folder: string): Lab {
    const layout = createLayout({ name: 'drill', size: this.apiVersions.length > 1 ? 'ha' : 'default' });
    const machine = (name: string): Machine => layout.machines.find((each) => each.name === name)!;
    const fake: Pick<Lab, 'layout' | 'folder' | 'machine' | 'machinesWithRole' | 'on' | 'onHost'> & {
      kubernetes: Pick<Lab['kubernetes'], 'get'>;
    } = {
      layout,
      folder,
      machine,
      machinesWithRole: (role) => layout.machines.filter((each) => hasRole(each, role)),
      on: (_, command) => Promise.resolve(this.#onMachine(command)),
      onHost: (command) => Promise.resolve(this.#onHost(command)),
      kubernetes: { get: <T>(path: string, options?: { of?: string }) => this.#get(path, options?.of) as Promise<T> },
    };
    return fake as unknown as Lab;
  }

  startKubelet(minor: Minor): void {
    this.runs.kubelet = minor;
    this.#since = this.#heartbeat + 10;
  }

  /** The kubelet that runs reports, as it does every few seconds. */
  report(): void {
    if (this.runs.kubelet === undefined) return;
    this.#said = this.versions[this.runs.kubelet];
    this.ready = !this.broken.includes(this.runs.kubelet);
    this.#heartbeat = this.#since + 5;
  }

  #onMachine(command: string): CommandResult {
    for (const minor of minors) {
      if (command === surveyScript(minor)) return result(this.#survey(minor));
      if (command === progressScript(minor)) return result(this.#progress(minor));
      if (command === moveScript(minor)) {
        this.#move(minor);
        return result();
      }
    }
    throw new Error(`the machine does not know ${command}`);
  }

  #survey(minor: Minor): string {
    const { kubelet, kubeProxy } = this.runs;
    const said = (of: Minor | undefined) => (of === undefined ? '' : `Kubernetes ${this.versions[of]}`);
    return [
      `runs-kubelet ${said(kubelet)}`,
      `has-kubelet ${said(minor)}`,
      `runs-kube-proxy ${said(kubeProxy)}`,
      `has-kube-proxy ${said(minor)}`,
      `chosen ${this.chosen === minor ? 'yes' : 'no'}`,
    ].join('\n');
  }

  #progress(minor: Minor): string {
    if (this.#heartbeat < this.#since) this.report();
    return [
      `kubelet ${this.runs.kubelet === minor ? 'moved' : 'not'}`,
      `kube-proxy ${this.runs.kubeProxy === minor ? 'moved' : 'not'}`,
      `since ${this.#since}`,
      'health 200',
    ].join('\n');
  }

  #move(minor: Minor): void {
    this.did.push(`move to ${minor}`);
    if (this.runs.kubelet !== minor) this.startKubelet(minor);
    this.chosen = minor;
    this.runs.kubeProxy = minor;
    this.apiDown = this.apiDownAfterMove;
  }

  #onHost(command: string): CommandResult {
    const patch = /--patch '(.+)'$/.exec(command)?.[1];
    if (command.startsWith('kubectl patch node w1 ') && patch !== undefined) {
      const { metadata, spec } = JSON.parse(patch) as {
        metadata: { annotations: Record<string, string | null> };
        spec: { unschedulable: boolean | null };
      };
      this.cordoned = spec.unschedulable ?? false;
      this.marked = metadata.annotations[cordonMark] !== null;
      this.did.push(this.cordoned ? 'cordon' : 'uncordon');
      return result();
    }
    if (command.startsWith('kubectl drain w1 ')) {
      this.did.push('drain');
      return this.drains;
    }
    throw new Error(`the host does not know ${command}`);
  }

  #get(path: string, of?: string): Promise<unknown> {
    if (this.apiDown) return Promise.reject(new Error('connect ECONNREFUSED'));
    if (path === '/version') {
      const gitVersion = this.apiVersions[Number(of?.slice(1)) - 1];
      return gitVersion === '' ? Promise.reject(new Error('no answer in time')) : Promise.resolve({ gitVersion });
    }
    if (path === '/apis/policy/v1/poddisruptionbudgets') {
      const items = this.budgets.map(({ namespace, name, disruptionsAllowed }) => ({
        metadata: { namespace, name },
        spec: { selector: { matchLabels: { app: name } } },
        status: { disruptionsAllowed, desiredHealthy: 2, currentHealthy: 2 },
      }));
      return Promise.resolve({ items });
    }
    if (path.startsWith('/api/v1/pods?')) {
      const metadata = { namespace: 'default', name: 'guestbook-1', labels: { app: 'guestbook' } };
      return Promise.resolve({ items: [{ metadata }] });
    }
    if (path !== '/api/v1/nodes/w1') return Promise.reject(new KubernetesError(404, 'not found'));
    const lastHeartbeatTime = new Date(this.#heartbeat * 1000).toISOString();
    return Promise.resolve({
      metadata: { annotations: this.marked ? { [cordonMark]: 'upgrade' } : {} },
      spec: this.cordoned ? { unschedulable: true } : {},
      status: {
        nodeInfo: { kubeletVersion: this.#said },
        conditions: [{ type: 'Ready', status: this.ready ? 'True' : 'False', message: 'PLEG', lastHeartbeatTime }],
      },
    });
  }
}
