import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { appAnswers, appHasMessage } from '../../scripts/checks/app.ts';
import { dnsAnswersFromPod, dnsDoesNotAnswer, podDoesNotReach, podReaches } from '../../scripts/checks/network.ts';
import { nodesAreReady } from '../../scripts/checks/nodes.ts';
import { answerIs, serviceHasEndpoints } from '../../scripts/checks/objects.ts';
import { deploymentIsRolledOut, podsRunOn, statefulSetIsReady } from '../../scripts/checks/workloads.ts';
import { defineLesson, drill, task } from '../../scripts/course/model.ts';
import { deleteRoute } from '../../scripts/faults/delete-route.ts';
import { firewallScripts } from '../../scripts/faults/firewall.ts';
import { podSubnet } from '../../scripts/lab/layout.ts';
import { applyGuestbook, forgetMessages, guestbookAsMade, messages } from '../guestbook.ts';
import { forget, forgetConfigMaps } from '../objects.ts';
import { howPodIsChosen, senderOfAPing, strangerNode } from './bets.ts';
import { namesBets, observeNames } from './names-drill.ts';
import { observePaths, pathBets } from './path-drill.ts';
import { addressOfPod, addressOfService, cableOf, nextHop, ruleOnNode } from './stations.ts';

const message = messages['Understand the network'];
const toolboxes = join(import.meta.dirname, 'manifests', 'toolboxes.yaml');
const answers = ['route', 'cable', 'dns', 'packet'].map((name) => `answer-${name}`);

const coreDns = { namespace: 'kube-system', selector: 'k8s-app=kube-dns' };

/** A lab whose workers did not join together may have both CoreDNS pods on w1. The second drill asks the one on w2. */
const spreadDns = `kubectl get pods -n kube-system -l ${coreDns.selector} --field-selector spec.nodeName=w2 -o name | grep -q . ||
  kubectl rollout restart deployment/coredns -n kube-system`;

const fromW1 = { says: 'pod toolbox-w1', find: addressOfPod('toolbox-w1') };
const fromW2 = { says: 'pod toolbox-w2', find: addressOfPod('toolbox-w2') };

export default defineLesson({
  minutes: 20,
  summary: 'Follow a packet from pod to pod and from a name to a pod. Then find out why it stopped arriving.',
  needs: 'lab',
  baseline: [
    nodesAreReady('c1', 'w1', 'w2'),
    deploymentIsRolledOut('guestbook', { replicas: 4 }),
    statefulSetIsReady('redis-primary'),
    podsRunOn('lesson=network', 'w1', 'w2'),
    podsRunOn(coreDns, 'w2'),
    appAnswers(),
    dnsAnswersFromPod('toolbox-w1'),
    dnsAnswersFromPod('toolbox-w2'),
  ],
  keeps: guestbookAsMade,
  async prepare(lab, options) {
    await applyGuestbook(lab, options);
    await lab.kubernetes.apply(await readFile(toolboxes, 'utf8'));
    await lab.onHost(spreadDns);
  },
  async cleanUp(lab, options) {
    await forgetMessages(lab, [message], options);
    await forgetConfigMaps(lab, ...answers);
    const inDefault = '/api/v1/namespaces/default';
    await forget(lab, `${inDefault}/services/front`, `${inDefault}/pods?labelSelector=lesson%3Dnetwork`);
  },
  steps: {
    'An address for every pod': task({
      reach: [
        answerIs(
          { configMap: 'answer-route', key: 'next', asks: 'where w1 hands on a packet for 10.2.202.77' },
          nextHop('w1', '10.2.202.77'),
        ),
      ],
    }),
    'The cable into a pod': task({
      reach: [
        answerIs(
          { configMap: 'answer-cable', key: 'veth', asks: 'which cable on w1 leads to toolbox-w1' },
          cableOf('toolbox-w1', 'w1'),
        ),
      ],
    }),
    'A Service is a rule': task({
      predictions: [howPodIsChosen],
      reach: [
        serviceHasEndpoints('front'),
        ruleOnNode('w1', 'default/front'),
        podReaches('toolbox-w1', { says: 'the Service front', find: addressOfService('front') }),
      ],
    }),
    'A name for every Service': task({
      reach: [
        answerIs({ configMap: 'answer-dns', key: 'service', asks: 'which Service the DNS address is' }, () => [
          'kube-dns',
          'kube-dns.kube-system',
        ]),
      ],
    }),
    'From outside': task({
      predictions: [strangerNode],
      reach: [appHasMessage(message)],
    }),
    'Follow one packet': task({
      predictions: [senderOfAPing],
      reach: [
        answerIs(
          { configMap: 'answer-packet', key: 'source', asks: 'which sender w2 sees' },
          addressOfPod('toolbox-w1'),
        ),
      ],
    }),
    'Something between pods is broken': drill({
      before: [podReaches('toolbox-w1', fromW2), podReaches('toolbox-w2', fromW1)],
      predictions: pathBets,
      fault: (lab) => deleteRoute('w1', podSubnet(lab.machine('w2')), 'something between pods is broken'),
      bites: [podDoesNotReach('toolbox-w1', fromW2), podDoesNotReach('toolbox-w2', fromW1)],
      observe: observePaths,
      recovered: [podReaches('toolbox-w1', fromW2), podReaches('toolbox-w2', fromW1), appAnswers()],
      unharmed: [deploymentIsRolledOut('guestbook', { replicas: 4 }), nodesAreReady('c1', 'w1', 'w2')],
    }),
    'Names stop, the app goes on': drill({
      before: [dnsAnswersFromPod('toolbox-w1'), dnsAnswersFromPod('toolbox-w2'), appAnswers()],
      predictions: namesBets,
      fault: () => ({
        kind: 'drop-packets',
        machine: 'w1',
        title: 'something with names is broken',
        ...firewallScripts(['-i cni0 -p udp --dport 53 -j DROP', '-i cni0 -p tcp --dport 53 -j DROP']),
      }),
      bites: [dnsDoesNotAnswer('toolbox-w1'), dnsAnswersFromPod('toolbox-w2'), appAnswers()],
      observe: observeNames,
      recovered: [dnsAnswersFromPod('toolbox-w1'), dnsAnswersFromPod('toolbox-w2')],
      unharmed: [deploymentIsRolledOut('guestbook', { replicas: 4 }), appAnswers()],
    }),
  },
});
