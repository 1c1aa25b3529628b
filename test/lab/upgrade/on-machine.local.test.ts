import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  isToldScript,
  moveScript,
  programFolders,
  progressIn,
  progressScript,
  surveyIn,
  surveyScript,
  type Minor,
} from '../../../scripts/lab/upgrade/on-machine.ts';
import { LocalMachine, whyNoLocalMachine } from '../../faults/local-machine.ts';

const answered = (stdout: string) => ({ stdout, stderr: '', exitCode: 0 });

test('a survey tells the versions, and what does not run', () => {
  const survey = surveyIn(
    answered(
      'runs-kubelet Kubernetes v1.37.2\nhas-kubelet Kubernetes v1.36.3\nruns-kube-proxy \nhas-kube-proxy \nchosen no\n',
    ),
  );
  expect(survey).toEqual({
    runs: { kubelet: { major: 1, minor: 37, text: 'v1.37.2' }, kubeProxy: undefined },
    has: { kubelet: { major: 1, minor: 36, text: 'v1.36.3' }, kubeProxy: undefined },
    chosen: false,
  });
});

test('no answer from the machine is no progress', () => {
  expect(progressIn(answered(''))).toEqual({
    moved: { kubelet: false, kubeProxy: false },
    chosen: false,
    kubeletSince: Infinity,
    apiServerSince: undefined,
    apiServerWanted: false,
    kubeProxyHealth: 0,
  });
});

/** A systemctl that knows `show`, `is-active` and `restart`, and runs what the units of a machine would run. */
const systemctl = `#!/bin/sh
for unit; do :; done
case $1 in
  show) cat /srv/$unit 2>/dev/null || echo 0 ;;
  is-active) [ -e /srv/$unit ] && echo active || cat /srv/$unit.state 2>/dev/null || echo inactive ;;
  restart)
    echo "$unit" >> /srv/restarted
    [ ! -e /srv/$unit ] || kill -9 $(cat /srv/$unit)
    [ ! -e /etc/kubernetes/version.env ] || . /etc/kubernetes/version.env
    program=\${KUBERNETES_BIN:-/opt/bin}/$unit
    setsid $program 1000 >/dev/null 2>&1 & echo $! > /srv/$unit
    until [ "$(readlink /proc/$!/exe)" = $program ]; do sleep 0.01; done ;;
esac
`;

const why = whyNoLocalMachine();
const skipped = why === undefined ? '' : ` (skipped: ${why})`;

describe.skipIf(why !== undefined)(`the scripts, on a local machine${skipped}`, () => {
  let machine: LocalMachine;
  const run = (script: string) => {
    const done = machine.run(`PATH=/srv/bin:$PATH\n${script}`);
    expect(done, done.stderr).toMatchObject({ exitCode: 0 });
    return done;
  };
  const move = (minor: Minor) => {
    run(`rm -f /srv/restarted\n${moveScript(minor)}`);
    return run('cat /srv/restarted 2>/dev/null | tr "\\n" " "').stdout;
  };
  const progress = (minor: Minor) => progressIn(run(progressScript(minor)));
  const moved = { kubelet: true, kubeProxy: true };

  beforeAll(async () => {
    machine = await LocalMachine.start();
    const folders = Object.values(programFolders).join(' ');
    const made = machine.run(`set -e
mount -t tmpfs t /opt; mkdir -p ${folders} /srv/bin
for folder in ${folders}; do for unit in kubelet kube-proxy; do cp /bin/sleep $folder/$unit; done; done
cat > /srv/bin/systemctl <<'END'\n${systemctl}END
chmod 755 /srv/bin/systemctl`);
    expect(made, made.stderr).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => {
    machine.stop();
  });
  beforeEach(() => {
    run('rm -f /etc/kubernetes/version.env* /srv/*.state; systemctl restart kubelet; systemctl restart kube-proxy');
  });

  test('an API server is as old as the one that still holds its port', () => {
    run(`cat > /srv/bin/ps <<'END'
#!/bin/sh
case "$*" in *-C*) printf '      3\n    100\n' ;; *) exec /bin/ps "$@" ;; esac
END
chmod 755 /srv/bin/ps`);
    const { apiServerSince, kubeletSince } = progress('newer');
    run('rm /srv/bin/ps');
    expect(Math.round(Date.now() / 1000 - (apiServerSince ?? 0))).toBeGreaterThan(95);
    expect(kubeletSince - (apiServerSince ?? Infinity)).toBeGreaterThan(50);
  });

  test('move a machine there and back', () => {
    expect(progress('newer').moved).toEqual(moved);
    expect(surveyIn(run(surveyScript('newer'))).chosen).toBe(true);
    expect(move('older')).toBe('kubelet kube-proxy ');
    expect(progress('older')).toMatchObject({ moved, kubeProxyHealth: 0 });
    expect(surveyIn(run(surveyScript('older'))).chosen).toBe(true);
    expect(surveyIn(run(surveyScript('newer'))).chosen).toBe(false);
    expect(move('newer')).toBe('kubelet kube-proxy ');
    expect(progress('newer').moved).toEqual(moved);
    expect(run('ls -A /etc/kubernetes').stdout).not.toContain('version.env');
  });

  test('restart nothing that is there already', () => {
    expect(move('newer')).toBe('');
    move('older');
    expect(move('older')).toBe('');
  });

  const aboutToStart = 'kill -9 $(cat /srv/kube-proxy); rm /srv/kube-proxy; echo activating > /srv/kube-proxy.state';

  test('leave alone what is about to start: it will be of the chosen minor', () => {
    run(aboutToStart);
    expect(move('older')).toBe('kubelet ');
  });

  test('tell whether a minor is chosen and nothing runs of the other one', () => {
    const told = (minor: Minor) => machine.run(`PATH=/srv/bin:$PATH\n${isToldScript(minor)}`).exitCode === 0;
    expect([told('newer'), told('older')]).toEqual([true, false]);
    run('echo KUBERNETES_BIN=/opt/older > /etc/kubernetes/version.env');
    expect([told('newer'), told('older')]).toEqual([false, false]);
    move('older');
    expect([told('newer'), told('older')]).toEqual([false, true]);
    run(aboutToStart);
    expect([told('newer'), told('older')]).toEqual([false, true]);
    run('rm /etc/kubernetes/version.env');
    // The kubelet of the other minor still runs.
    expect([told('newer'), told('older')]).toEqual([false, false]);
  });

  test.each([
    ['the choice was written, and nothing restarted', 'echo KUBERNETES_BIN=/opt/older > /etc/kubernetes/version.env'],
    ['it was being written', 'echo KUBERNETES > /etc/kubernetes/version.env.new'],
    [
      'the kubelet alone was restarted',
      'echo KUBERNETES_BIN=/opt/older > /etc/kubernetes/version.env; systemctl restart kubelet',
    ],
    ['neither of them runs', 'kill -9 $(cat /srv/kubelet /srv/kube-proxy); rm /srv/kubelet /srv/kube-proxy'],
  ])('go on where a run was killed: %s', (_, halfWay) => {
    run(halfWay);
    move('older');
    expect(progress('older').moved).toEqual(moved);
    expect(run('ls -A /etc/kubernetes').stdout).not.toContain('.new');
  });

  test('tell since when the kubelet runs', () => {
    const now = Date.now() / 1000;
    expect(Math.abs(progress('newer').kubeletSince - now)).toBeLessThan(5);
  });
});
