/** Something that an operator does on purpose, as commands of the lab's shell. */
export interface Operation {
  name: string;
  script: string;
}

/**
 * The app as its manifest wants it: nothing that has moved away comes back by itself. The primary first, since the
 * replica must not land beside it.
 */
const settle = `
kubectl rollout status statefulset/redis-primary --timeout=120s
kubectl rollout restart deployment/redis-replica deployment/guestbook
kubectl rollout status deployment/redis-replica --timeout=120s
kubectl rollout status deployment/guestbook --timeout=180s`;

/** Where a round begins, also after one that was stopped half-way. */
export const makeReady = `
npx firedrill lab up --yes
npx firedrill lab scale --workers 2
for worker in w2 w1; do npx firedrill lab upgrade "$worker" --to newer; done
kubectl uncordon w1 w2
kubectl apply --server-side --force-conflicts -f app/manifests/guestbook.yaml
${settle}`;

const grow: Operation = {
  name: 'scale up to three workers',
  script: `
npx firedrill lab scale --workers 3
kubectl scale deployment/guestbook --replicas=6
kubectl rollout status deployment/guestbook --timeout=180s`,
};

const shrink: Operation = {
  name: 'scale down to two',
  script: `
npx firedrill lab scale --workers 2
kubectl scale deployment/guestbook --replicas=4
${settle}`,
};

/** As in lesson 12. The machine is asked, as its node may still be called Ready from before. */
const restart = (worker: string): Operation => ({
  name: `drain, restart and uncordon ${worker}`,
  script: `
kubectl drain ${worker} --ignore-daemonsets --delete-emptydir-data --timeout=120s
docker restart "$FIREDRILL_LAB-${worker}"
timeout 60 bash -c 'until ssh -n ${worker} curl --silent --fail --max-time 2 --output /dev/null http://127.0.0.1:30080/readyz 2>/dev/null; do sleep 0.5; done'
kubectl wait --for=condition=Ready node/${worker} --timeout=60s
kubectl uncordon ${worker}
${settle}`,
});

const upgrade = (worker: string, to: 'older' | 'newer'): Operation => ({
  name: `upgrade ${worker} to the ${to} minor`,
  script: `
npx firedrill lab upgrade ${worker} --to ${to} --drain
${settle}`,
});

/** Not w1 first: the only copy of the data that can move is on w2, and must not be with the primary when w1 is emptied. */
const inTurn = ['w2', 'w1'] as const;

export const operations: readonly Operation[] = [
  {
    name: 'roll-out',
    script: `
kubectl rollout restart deployment/guestbook
kubectl rollout status deployment/guestbook --timeout=180s`,
  },
  grow,
  shrink,
  ...inTurn.map(restart),
  ...inTurn.map((worker) => upgrade(worker, 'older')),
  ...inTurn.map((worker) => upgrade(worker, 'newer')),
];
