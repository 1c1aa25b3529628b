import { inPod } from '../../scripts/checks/network.ts';
import type { Prediction } from '../../scripts/course/model.ts';
import { appNodePort } from '../../scripts/lab/layout.ts';
import { addressOfPod } from './stations.ts';

export const howPodIsChosen: Prediction = {
  kind: 'choice',
  id: 'which-pod',
  question: 'A Service has four pods. How does the kernel choose the pod for a new connection?',
  choices: [
    { value: 'turns', says: 'in turns: first, second, third, fourth' },
    { value: 'random', says: 'at random' },
    { value: 'near', says: 'a pod on the same machine first' },
    { value: 'idle', says: 'the pod with the fewest connections' },
  ],
  async measure(lab) {
    const result = await lab.on('w1', `iptables-save -t nat | grep -e '-A KUBE-SVC-.*default/guestbook'`);
    const random = /--mode random --probability ([\d.]+)/.exec(result.stdout)?.[1];
    if (random !== undefined) {
      return { value: 'random', saw: `the first rule is taken with a probability of ${Number(random).toFixed(2)}` };
    }
    if (result.stdout.includes('--mode nth')) return { value: 'turns', saw: 'the rules count connections' };
    throw new Error('w1 has no rules for the guestbook with more than one pod');
  },
};

export const strangerNode: Prediction = {
  kind: 'choice',
  id: 'stranger-node',
  question: `c1 runs no pod of the guestbook. What happens to a request to port ${appNodePort} of c1?`,
  choices: [
    { value: 'refused', says: 'the connection is refused' },
    { value: 'silence', says: 'no answer at all' },
    { value: 'answered', says: 'the guestbook answers' },
  ],
  async measure(lab) {
    const { address } = lab.machine('c1');
    const url = `http://${address}:${appNodePort}/`;
    const result = await lab.on(
      'w1',
      `curl --silent --max-time 5 --output /dev/null --write-out '%{http_code}' ${url}`,
    );
    // curl's exit codes: 7 could not connect, 28 time-out.
    if (result.exitCode === 7) return { value: 'refused', saw: `${url} refused the connection` };
    if (result.exitCode === 28) return { value: 'silence', saw: `${url} did not answer within 5 s` };
    return { value: 'answered', saw: `${url} answered ${result.stdout.trim()}` };
  },
};

export const senderOfAPing: Prediction = {
  kind: 'choice',
  id: 'sender',
  question: 'A pod on w1 pings a pod on w2. Which address does w2 see as the sender?',
  choices: [
    { value: 'pod', says: "the pod's own address, 10.2.201.something" },
    { value: 'bridge', says: 'the address of the bridge on w1, 10.2.201.1' },
    { value: 'machine', says: 'the address of the machine w1' },
  ],
  async measure(lab) {
    const [pod, target] = await Promise.all(['toolbox-w1', 'toolbox-w2'].map((name) => addressOfPod(name)(lab)));
    const listening = lab.on(
      'w2',
      `timeout 6 tcpdump -n -l -i eth0 -c 1 'icmp[icmptype] == icmp-echo and dst ${target ?? ''}'`,
    );
    // A ping a second for some seconds: tcpdump needs a moment until it listens.
    await inPod(lab, 'toolbox-w1', `ping -c 4 -W 1 ${target ?? ''}`, 6);
    const sender = /IP (\S+) >/.exec((await listening).stdout)?.[1];
    if (sender === undefined) throw new Error('no ping was seen on w2');
    const value = sender === pod ? 'pod' : sender === lab.machine('w1').address ? 'machine' : 'bridge';
    return { value, saw: `w2 saw ${sender} as the sender` };
  },
};
