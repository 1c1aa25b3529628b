import { parse } from 'yaml';
import { z } from 'zod';
import { FiredrillError } from '../system/errors.ts';

/** What is sent for a key that has a name. The arrows: ECMA-48, as every terminal since the VT100 sends them. */
export const namedKeys = {
  enter: '\r',
  down: '\u001b[B',
  up: '\u001b[A',
  'ctrl-c': '\u0003',
  'ctrl-d': '\u0004',
} as const;

/** Each part is optional, and they come in this order. */
const stepSchema = z.strictObject({
  /** Text that must come to the screen after the last key. Spaces and line breaks do not count. */
  wait: z.string().optional(),
  /** Seconds that it may take. Default 60. */
  within: z.number().positive().optional(),
  /** Seconds that it takes in the recording, where it took longer. */
  shownSeconds: z.number().positive().optional(),
  /** Keeps the screen as a text frame under this caption, and marks the place in the recording. */
  frame: z.string().optional(),
  /** Seconds to read before a key is pressed. Default 1. */
  read: z.number().nonnegative().optional(),
  /** Typed letter by letter. */
  type: z.string().optional(),
  /** A single letter, or a named key. */
  press: z.union([z.string().length(1), z.enum(Object.keys(namedKeys) as (keyof typeof namedKeys)[])]).optional(),
});

const scenarioSchema = z.strictObject({
  title: z.string(),
  /** The words after `firedrill`. */
  run: z.string(),
  steps: z.array(stepSchema),
});

export type ScenarioStep = z.infer<typeof stepSchema>;
export type Scenario = z.infer<typeof scenarioSchema>;

/** A scenario from the text of its file. @throws FiredrillError `scenario-broken`, with the place. */
export function parseScenario(text: string, file: string): Scenario {
  const parsed = scenarioSchema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  throw new FiredrillError(`${file} is no scenario:\n${z.prettifyError(parsed.error)}`, {
    code: 'scenario-broken',
    remedy: 'Look at scripts/record/scenario.ts: it says what a step may have.',
    exitCode: 2,
  });
}
