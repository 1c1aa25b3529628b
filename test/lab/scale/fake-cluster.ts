import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { KubernetesError } from '../../../scripts/lab/kubernetes.ts';
import type { Kubernetes, Lab } from '../../../scripts/lab/lab.ts';
import type { Machine } from '../../../scripts/lab/layout.ts';
import type { Budget, Pod } from '../../../scripts/lab/budgets.ts';
import type { CertificateRequest } from '../../../scripts/lab/scale/requests.ts';
import { clientRequest, servingRequest } from './certificate-request.ts';

interface Kept {
  kind?: string;
  metadata: { name: string; labels?: Record<string, string>; namespace?: string };
  data?: Record<string, string>;
  spec?: { unschedulable?: boolean };
  status?: unknown;
}

const ready = { conditions: [{ type: 'Ready', status: 'True' }] };
const missing = (path: string): KubernetesError => new KubernetesError(404, `there is no ${path}`);

/** The API server and its signers, and what the kubelets of machines that joined would send to it. */
export class FakeCluster {
  nodes: Kept[] = ['c1', 'w1', 'w2'].map((name) => ({ metadata: { name }, status: ready }));
  requests: CertificateRequest[] = [];
  secrets: Kept[] = [];
  bindings: Kept[] = [];
  pods: Pod[] = [];
  budgets: Budget[] = [];
  /** Command lines of kubectl, in order. */
  ran: string[] = [];
  /** Machines whose kubelet has a client certificate, and those that have one to show. */
  readonly clients = new Set<string>();
  readonly serving = new Set<string>();
  readonly #running: () => Machine[];

  constructor(running: () => Machine[]) {
    this.#running = running;
  }

  readonly kubernetes = {
    get: (path: string) => this.#get(path),
    apply: (manifest: string) => {
      for (const document of parseAllDocuments(manifest)) {
        const kept = document.toJS() as Kept;
        const list = kept.kind === 'Secret' ? this.secrets : this.bindings;
        const others = list.filter(({ metadata }) => metadata.name !== kept.metadata.name);
        list.splice(0, list.length, ...others, kept);
      }
      return Promise.resolve();
    },
  } as unknown as Kubernetes;

  isOn = (stateFile: string): boolean => readFileSync(stateFile, 'utf8').trim() === 'running';

  async #get(path: string): Promise<unknown> {
    await this.#letKubeletsAsk();
    const [, node = ''] = /^\/api\/v1\/nodes\/([^/]+)/.exec(path) ?? [];
    if (path.endsWith('/proxy/configz')) {
      const runs = this.#running().some(({ name }) => name === node);
      if (!runs || !this.serving.has(node)) throw new KubernetesError(503, 'remote error: tls: internal error');
      return {};
    }
    if (node !== '') {
      const found = this.nodes.find(({ metadata }) => metadata.name === node);
      if (!found) throw missing(path);
      return found;
    }
    const lists: [string, unknown[]][] = [
      ['/api/v1/nodes', this.nodes],
      ['/api/v1/pods', this.pods],
      ['certificatesigningrequests', this.requests],
      ['/secrets?', this.secrets],
      ['clusterrolebindings?', this.bindings.filter(({ metadata }) => metadata.labels !== undefined)],
      ['poddisruptionbudgets', this.budgets],
    ];
    const items = lists.find(([part]) => path.includes(part))?.[1];
    if (!items) throw missing(path);
    return { items };
  }

  async #letKubeletsAsk(): Promise<void> {
    const asked = (name: string): boolean => this.requests.some(({ metadata }) => metadata.name === name);
    for (const { name, address } of this.#running()) {
      const token = this.secrets.find(({ metadata }) => metadata.labels?.['firedrill/joiner'] === name);
      const id = token?.metadata.name.replace('bootstrap-token-', '');
      const of = { commonName: `system:node:${name}` };
      if (!this.clients.has(name)) {
        if (id === undefined || asked(`client-${name}`)) continue;
        this.requests.push(await clientRequest({ name: `client-${name}`, username: `system:bootstrap:${id}`, ...of }));
      } else if (!this.serving.has(name) && !asked(`serving-${name}`)) {
        const names = [
          { type: 'dns' as const, value: name },
          { type: 'ip' as const, value: address },
        ];
        this.requests.push(await servingRequest({ name: `serving-${name}`, names, ...of }));
      }
    }
  }

  /** What `kubectl certificate approve` leads to. */
  approve(name: string): void {
    const request = this.requests.find(({ metadata }) => metadata.name === name);
    if (!request) throw missing(name);
    request.status = { conditions: [{ type: 'Approved' }] };
    const [kind = '', machine = ''] = name.split('-');
    if (kind === 'serving') this.serving.add(machine);
    if (kind !== 'client') return;
    this.clients.add(machine);
    this.nodes.push({ metadata: { name: machine }, status: ready });
  }

  kubectl: Lab['onHost'] = (command, options = {}) => {
    this.ran.push(command);
    const words = command.replaceAll("'", '').split(' ').slice(1);
    const [verb = '', ...rest] = words;
    if (verb === 'replace') this.approve(/requests\/(.+)\/approval/.exec(command)?.[1] ?? '');
    if (verb === 'delete') this.#delete(rest);
    if (verb === 'cordon' || verb === 'uncordon') {
      for (const node of this.nodes.filter(({ metadata }) => rest.includes(metadata.name))) {
        node.spec = { unschedulable: verb === 'cordon' };
      }
    }
    if (verb === 'drain' && this.budgets.some(({ status }) => status?.disruptionsAllowed === 0)) {
      options.onLine?.('error when evicting pods/"a" -n "default" (will retry after 5s): Cannot evict pod');
      return Promise.resolve({ stdout: '', stderr: 'error: global timeout reached', exitCode: 1 });
    }
    return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
  };

  #delete([kind = '', ...words]: string[]): void {
    const stays = ({ metadata }: Pick<Kept, 'metadata'>): boolean => !words.includes(metadata.name);
    if (kind.startsWith('node')) this.nodes = this.nodes.filter(stays);
    if (kind === 'secrets') this.secrets = this.secrets.filter(stays);
    if (kind === 'clusterrolebindings') this.bindings = this.bindings.filter(stays);
    if (kind === 'certificatesigningrequests') this.requests = this.requests.filter(stays);
    if (kind === 'pods') this.pods = this.pods.filter(({ metadata }) => !words.includes(metadata.name));
  }

  /** What is there for the sake of machines that joined. */
  traces(): string[] {
    const all: Pick<Kept, 'metadata'>[] = [...this.nodes, ...this.requests, ...this.secrets, ...this.bindings];
    const own = ['c1', 'w1', 'w2'];
    return [
      ...all.map(({ metadata }) => metadata.name).filter((name) => !own.includes(name)),
      ...this.pods.map(({ metadata }) => `pod ${metadata.name}`),
    ];
  }
}
