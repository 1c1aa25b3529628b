import type { Writable } from 'node:stream';
import { eventToJson } from '../course/event-json.ts';
import type { Ui } from '../course/ui.ts';
import { unaskedBet, noTerminal } from './unattended.ts';

export { eventToJson } from '../course/event-json.ts';

/** One JSON object a line for each event; nobody is asked. */
export function createJsonUi({ output }: { output: Writable }): Ui {
  return {
    interactive: false,
    emit: (event) => {
      output.write(`${JSON.stringify({ at: new Date().toISOString(), ...eventToJson(event) })}\n`);
    },
    next: () => Promise.resolve('next'),
    predict: (prediction) => Promise.resolve(unaskedBet(prediction).value),
    taskKey: (signal) => {
      signal.throwIfAborted();
      return Promise.resolve('run');
    },
    shell: noTerminal,
  };
}
