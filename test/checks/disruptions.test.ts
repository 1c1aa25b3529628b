import { expect, test } from 'vitest';
import {
  budgetIsGone,
  budgetIsThere,
  podsAreTakenForReady,
  podsMayRunElsewhere,
  podsSayWhenReady,
  podsStopAtOnce,
  podsWaitBeforeTheyStop,
  rollOutMayMiss,
} from '../../scripts/checks/disruptions.ts';
import type { Check } from '../../scripts/checks/verdict.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { fakeLab } from './fake-lab.ts';

const budget = fakeLab({ objects: { '/apis/policy/v1/namespaces/default/poddisruptionbudgets/guestbook': {} } });
const deployment = (container: object, maxUnavailable?: number | string) =>
  fakeLab({
    objects: {
      '/apis/apps/v1/namespaces/default/deployments/guestbook': {
        spec: {
          ...(maxUnavailable === undefined ? {} : { strategy: { rollingUpdate: { maxUnavailable } } }),
          template: { spec: { containers: [container] } },
        },
      },
    },
  });
const says = deployment({ readinessProbe: { httpGet: { path: '/readyz' } } });
const waits = deployment({ lifecycle: { preStop: { sleep: { seconds: 3 } } } });
const atOnce = deployment({ lifecycle: {} });
const none = fakeLab({});
const down = fakeLab({ down: true });

test.each<[string, Check, Lab]>([
  ['met', budgetIsThere('guestbook'), budget],
  ['unmet', budgetIsThere('guestbook'), none],
  ['unknown', budgetIsThere('guestbook'), down],
  ['met', budgetIsGone('guestbook'), none],
  ['unmet', budgetIsGone('guestbook'), budget],
  ['unknown', budgetIsGone('guestbook'), down],
  ['met', podsWaitBeforeTheyStop('guestbook'), waits],
  ['unmet', podsWaitBeforeTheyStop('guestbook'), atOnce],
  ['unmet', podsWaitBeforeTheyStop('guestbook'), none],
  ['met', podsStopAtOnce('guestbook'), atOnce],
  ['met', podsStopAtOnce('guestbook'), deployment({})],
  ['unmet', podsStopAtOnce('guestbook'), waits],
  ['unmet', podsStopAtOnce('guestbook'), none],
  ['unknown', podsStopAtOnce('guestbook'), down],
  ['met', podsSayWhenReady('guestbook'), says],
  ['unmet', podsSayWhenReady('guestbook'), deployment({})],
  ['met', podsAreTakenForReady('guestbook'), deployment({})],
  ['unmet', podsAreTakenForReady('guestbook'), says],
  ['unmet', podsAreTakenForReady('guestbook'), none],
  ['unknown', podsAreTakenForReady('guestbook'), down],
  ['met', rollOutMayMiss('guestbook', 0), deployment({}, 0)],
  ['unmet', rollOutMayMiss('guestbook', 0), deployment({})],
  ['met', rollOutMayMiss('guestbook', '100%'), deployment({}, '100%')],
  ['unmet', rollOutMayMiss('guestbook', '100%'), deployment({}, 0)],
  ['unmet', rollOutMayMiss('guestbook', 0), none],
  ['unknown', rollOutMayMiss('guestbook', 0), down],
])('%s (%#)', async (kind, check, lab) => {
  expect((await check.look(lab)).kind).toBe(kind);
});

test.each([
  [
    'a preference',
    { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{}] } } },
    'met',
    '',
  ],
  ['nothing', {}, 'met', ''],
  ['a nodeSelector', { nodeSelector: { rack: 'b' } }, 'unmet', 'a nodeSelector'],
  ['a nodeName', { nodeName: 'w2' }, 'unmet', 'a nodeName'],
  [
    'a must',
    { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } },
    'unmet',
    'a required affinity',
  ],
] as const)('pods that have %s may or may not leave their node', async (_name, template, kind, saw) => {
  const path = '/apis/apps/v1/namespaces/default/deployments/guestbook';
  const check = podsMayRunElsewhere('guestbook');
  const verdict = await check.look(fakeLab({ objects: { [path]: { spec: { template: { spec: template } } } } }));
  expect(verdict).toMatchObject({ kind, saw: expect.stringContaining(saw) as string });
  expect(await check.look(fakeLab({}))).toMatchObject({ kind: 'unmet', saw: 'there is no Deployment guestbook' });
});
