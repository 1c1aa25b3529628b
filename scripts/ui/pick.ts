import type { Ui } from '../course/ui.ts';
import { createJsonUi } from './json.ts';
import { wantsAccessible, wantsColour } from './look.ts';
import { createPlainUi } from './plain.ts';
import type { openShell } from './shell.ts';
import { createTerminalUi } from './terminal.ts';

/** The part of a command's context that decides how a lesson is shown. */
export interface UiChoice {
  interactive: boolean;
  json: boolean;
  /** `--auto`: run the lesson unattended, also in a terminal. */
  auto?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Opens the lab's shell. */
  openShell?: typeof openShell | undefined;
}

/** The Ui for this process's own streams: JSON if asked for, a terminal where a person can be asked, else plain lines. */
export function pickUi(choice: UiChoice): Ui & { close?: () => void } {
  const output = process.stdout;
  if (choice.json) return createJsonUi({ output });
  if (!choice.interactive || choice.auto) return createPlainUi({ output, colour: wantsColour(output) });
  return createTerminalUi({
    input: process.stdin,
    output,
    accessible: wantsAccessible(),
    colour: wantsColour(output),
    signal: choice.signal,
    openShell: choice.openShell,
  });
}
