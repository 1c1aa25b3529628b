import type { EtcdMember } from '../../lab/lab.ts';

/** A node as the API server tells of it. */
export interface NodeSight {
  name: string;
  ready: boolean;
  cordoned: boolean;
  /** Whether it has the label that keeps load balancers away (https://kubernetes.io/docs/reference/labels-annotations-taints/). */
  excluded: boolean;
  /** Version of its kubelet. */
  version: string;
}

/** A pod of the app as the API server tells of it. */
export interface PodSight {
  name: string;
  /** What it is of: `guestbook`, which answers visitors, or `redis`. */
  app: string;
  /** Empty while no node was chosen. */
  machine: string;
  ready: boolean;
  /** Whether it was told to end. */
  ending: boolean;
  restarts: number;
  /** Tag of its image: the version of the app. */
  version: string;
}

/** What one look at the lab saw. */
export interface Sight {
  /** When it was looked, in milliseconds since the epoch. */
  at: number;
  members: readonly EtcdMember[];
  /** Why the API server gave no answer; then nodes and pods are those of the look before. */
  apiSilent?: string;
  nodes: readonly NodeSight[];
  pods: readonly PodSight[];
  /** Machines that have no power: nobody takes connections for them. */
  off: readonly string[];
}
