import ora, { type Ora } from 'ora';
import type { Writable } from 'node:stream';

/** A few lines at the bottom of the terminal that are drawn again and again; what is written meanwhile goes above. */
export class LiveLine {
  private readonly output: Writable;
  private readonly colour: boolean;
  private spinner: Ora | undefined;

  constructor(output: Writable, colour: boolean) {
    this.output = output;
    this.colour = colour;
  }

  show(lines: readonly string[]): void {
    // A terminal that does not say how wide it is (0 columns, as some pseudo-terminals do) would make ora clear for ever.
    if ('columns' in this.output && this.output.columns === 0) return;
    const text = lines.join('\n');
    if (this.spinner) {
      if (this.spinner.text === text) return;
      this.spinner.text = text;
      this.spinner.render();
      return;
    }
    this.spinner = ora({
      text,
      stream: this.output,
      color: this.colour ? 'cyan' : false,
      isEnabled: true,
      // The keys are read by Keyboard; ora must not take the input away from it.
      discardStdin: false,
    }).start();
  }

  hide(): void {
    this.spinner?.stop();
    this.spinner = undefined;
  }
}
