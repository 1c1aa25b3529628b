import { componentVersion } from '../components.ts';

const kubernetes = `v${componentVersion('kubernetes')}`;

/** Full names of the images that are in every image store. Nothing else can be run in a lab without a network. */
export const imageReferences = {
  apiServer: `registry.k8s.io/kube-apiserver:${kubernetes}`,
  controllerManager: `registry.k8s.io/kube-controller-manager:${kubernetes}`,
  scheduler: `registry.k8s.io/kube-scheduler:${kubernetes}`,
  coredns: `registry.k8s.io/coredns/coredns:v${componentVersion('coredns')}`,
  pause: 'registry.k8s.io/pause:3.10',
  redis: 'docker.io/firedrill/redis:1',
  toolbox: 'docker.io/firedrill/toolbox:1',
  guestbook1: 'docker.io/firedrill/guestbook:1',
  guestbook2: 'docker.io/firedrill/guestbook:2',
} as const;
