import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLab } from '../../scripts/lab/open.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { firedrill, testLab } from '../support/program.ts';

/** Each wreck, made by hand on the machines, as no fault's undo knows it. */
const wrecks: Record<string, (lab: Lab) => Promise<unknown>> = {
  'nothing is wrong': () => Promise.resolve(),
  'a machine lost its power': () => execa('docker', ['kill', `${testLab.name}-w2`]),
  'a machine is gone': () => execa('docker', ['rm', '--force', `${testLab.name}-w2`]),
  'every member of etcd lost its data': (lab) =>
    Promise.all(
      ['e1', 'e2', 'e3'].map((name) => lab.on(name, 'systemctl kill -s KILL etcd; rm -rf /var/lib/etcd/data')),
    ),
  'a client deleted all keys': (lab) => lab.etcd.ctl(['del', '', '--from-key']),
  'two members are stopped': (lab) =>
    Promise.all(['e1', 'e2'].map((name) => lab.on(name, 'systemctl disable --now etcd'))),
  'the network is full of rubbish': (lab) =>
    Promise.all([
      lab.on('w1', 'ip route del 10.2.202.0/24; ip route add blackhole 10.2.202.0/24'),
      lab.on('w2', 'iptables -I INPUT -p tcp --dport 10250 -j DROP; iptables -I FORWARD -j DROP'),
    ]),
  'the control plane has moved away': (lab) =>
    lab.on(
      'c1',
      'mkdir -p /root/away && mv /etc/kubernetes/manifests/* /root/away/ && echo broken >> /etc/kubernetes/kubelet.yaml',
    ),
};

beforeAll(async () => {
  process.env['XDG_STATE_HOME'] = testLab.environment.XDG_STATE_HOME;
  const ran = await firedrill(['lab', 'up', '--yes']);
  expect(ran, ran.all).toMatchObject({ exitCode: 0 });
});

afterAll(async () => {
  await firedrill(['lab', 'destroy', '--yes']);
});

describe('reset proves the baseline where', () => {
  it.each(Object.keys(wrecks))('%s', async (name) => {
    await wrecks[name]!(await openLab(testLab.name));
    const ran = await firedrill(['reset', '--to', '3', '--yes']);
    expect(ran, ran.all).toMatchObject({ exitCode: 0 });
    expect(ran.stdout).toContain('its baseline was proven');
    const status = await firedrill(['lab', 'status']);
    expect(status, status.all).toMatchObject({ exitCode: 0 });
  });
});
