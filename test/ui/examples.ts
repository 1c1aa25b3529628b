import { unmet } from '../../scripts/checks/verdict.ts';
import type { LoadedLesson, Page, PageCommand } from '../../scripts/course/model.ts';
import { read } from '../../scripts/course/model.ts';
import type { CourseEvent } from '../../scripts/course/ui.ts';

export const command: PageCommand = {
  text: 'kubectl get nodes',
  on: undefined,
  solution: false,
  background: false,
  fails: false,
  show: false,
  line: 12,
};

export const page: Page = {
  heading: 'Look at the nodes',
  text: 'All **three** nodes are `Ready`.\n\n```sh\nkubectl get nodes\n```',
  commands: [command],
  hints: [],
  debrief: 'A node is a *machine*.',
  line: 10,
};

export const lesson: LoadedLesson = {
  number: 3,
  id: '03-network',
  folder: '/lessons/03-network',
  title: 'Understand the network',
  introduction: 'What a packet does.',
  pages: [page],
  definition: {
    minutes: 15,
    summary: 'Packets.',
    needs: 'lab',
    baseline: [],
    steps: { 'Look at the nodes': read },
  },
};

export const opened: CourseEvent = { type: 'step-opened', lesson, page, number: 2, of: 5 };

export const awaitingReady: CourseEvent = {
  type: 'awaiting',
  claim: 'node w1 is Ready',
  verdict: unmet('NotReady', 'Ready'),
};
