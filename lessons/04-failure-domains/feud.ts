import type { Prediction } from '../../scripts/course/model.ts';

type Choice = Extract<Prediction, { kind: 'choice' }>;

/**
 * One board of Failure Feud. Its top answer was counted by others, in the publication named; nothing is measured here,
 * and the page says so.
 */
const board = (id: string, question: string, choices: Choice['choices'], top: string, saw: string): Choice => ({
  kind: 'choice',
  id,
  question,
  choices,
  measure: () => Promise.resolve({ value: top, saw }),
});

export const feud: readonly Prediction[] = [
  board(
    'feud-machine',
    'MACHINE. Which part is replaced most often?',
    [
      { value: 'memory', says: 'memory' },
      { value: 'disk', says: 'a disk' },
      { value: 'power', says: 'the power supply' },
      { value: 'processor', says: 'the processor' },
    ],
    'disk',
    'Vishwanath and Nagappan, Microsoft, 2010: 78 % of the hardware faults in 100,000 servers were disks',
  ),
  board(
    'feud-rack',
    "RACK. How many racks fail as a whole in a new cluster's first year, of thousands of machines?",
    [
      { value: 'none', says: 'none or one' },
      { value: 'some', says: 'about five' },
      { value: 'many', says: 'about twenty' },
    ],
    'many',
    'Jeff Dean, Google, 2009: about 20 rack failures, each with 40 to 80 machines gone for 1 to 6 hours',
  ),
  board(
    'feud-data-centre',
    'DATA CENTRE. What causes most of its serious outages?',
    [
      { value: 'fire', says: 'fire and water' },
      { value: 'cooling', says: 'cooling' },
      { value: 'power', says: 'power' },
      { value: 'network', says: 'the network' },
    ],
    'power',
    'Uptime Institute, yearly: power is the first cause, in about half of the outages that hurt',
  ),
  board(
    'feud-internet',
    'INTERNET. What was going on during many of the large failures of a very large network?',
    [
      { value: 'attack', says: 'an attack' },
      { value: 'cable', says: 'somebody cut a cable' },
      { value: 'change', says: 'somebody was changing the network' },
      { value: 'load', says: 'too many users' },
    ],
    'change',
    'Govindan and others, Google, 2016: many failures happened while a management operation was in progress',
  ),
];
