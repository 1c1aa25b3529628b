import type { Lab } from '../lab/lab.ts';
import { kubectl } from '../lab/scale/kubectl.ts';

/** A page as long as the guestbook's with a few messages. */
const pageBytes = 827;
const name = 'bare';

/** As little as Node.js can serve: no messages, no Redis, nothing counted. Placed as the guestbook is. */
const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: 4
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      terminationGracePeriodSeconds: 1
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: { matchLabels: { app: ${name} } }
      containers:
        - name: ${name}
          image: firedrill/guestbook:1
          imagePullPolicy: IfNotPresent
          command:
            - node
            - --eval
            - |
              const page = 'x'.repeat(${pageBytes});
              const head = { 'Content-Type': 'text/html', 'Content-Length': '${pageBytes}' };
              const { createServer } = require('node:http');
              createServer((_, response) => response.writeHead(200, head).end(page)).listen(8080);
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /, port: http }, periodSeconds: 1 }
          resources: { requests: { cpu: 20m, memory: 48Mi } }
`;

/** Puts bare servers behind the guestbook's Service while the work goes on: what they can't do, the computer can't. */
export async function withBareApp<T>(lab: Lab, work: () => Promise<T>): Promise<T> {
  const putBehindService = (app: string) =>
    kubectl(lab, ['patch', 'service', 'guestbook', '--patch', JSON.stringify({ spec: { selector: { app } } })]);
  await lab.kubernetes.apply(manifest);
  try {
    await kubectl(lab, ['rollout', 'status', `deployment/${name}`, '--timeout=60s'], { timeoutSeconds: 70 });
    await putBehindService(name);
    return await work();
  } finally {
    await putBehindService('guestbook');
    await lab.kubernetes.remove(`/apis/apps/v1/namespaces/default/deployments/${name}?propagationPolicy=Background`);
  }
}
