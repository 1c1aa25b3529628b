import { emitKeypressEvents, type Key } from 'node:readline';
import type { Readable } from 'node:stream';

/** What is read from: a terminal, or in a test a stream that looks like one. */
export type KeyInput = Readable & { isTTY?: boolean; setRawMode?: (raw: boolean) => unknown };

/**
 * Single keys, read in raw mode while somebody listens, and only then: prompts and shells need the terminal as it was.
 * Raw mode also keeps Ctrl-C from becoming a signal, so it is made one here.
 */
export class Keyboard {
  private readonly input: KeyInput;
  private readonly interrupt: () => void;
  private release: (() => void) | undefined;

  constructor(input: KeyInput, interrupt: () => void) {
    this.input = input;
    this.interrupt = interrupt;
  }

  /**
   * Gives every key to `onKey`, until the next `listen` or `stop`.
   * `onEnd` is called when the input ends: nobody will press a key any more.
   */
  listen(onKey: (key: string) => void, onEnd: () => void = () => undefined): void {
    this.release?.();
    const { input } = this;
    const pressed = (sequence: string | undefined, key: Key) => {
      if (key.ctrl && key.name === 'c') this.interrupt();
      else if (key.ctrl && key.name === 'd') onEnd();
      else if (!key.ctrl && !key.meta) onKey(nameOf(sequence, key));
    };
    emitKeypressEvents(input);
    input.on('keypress', pressed).once('end', onEnd);
    input.setRawMode?.(true);
    input.resume();
    this.release = () => {
      input.off('keypress', pressed).off('end', onEnd);
    };
  }

  /** Leaves the terminal as it was. */
  stop(): void {
    if (!this.release) return;
    this.release();
    this.release = undefined;
    this.input.setRawMode?.(false);
    this.input.pause();
  }
}

const nameOf = (sequence: string | undefined, key: Key): string =>
  key.name === 'enter' ? 'return' : (key.name ?? sequence ?? '');

/**
 * Resolves with what the first known key means; `q` stands in where the input ended, for nobody is there any more.
 * The terminal is given back whatever happens.
 * @throws the reason of `signal`.
 */
export async function keyPressed<Meaning extends string>(
  keyboard: Keyboard,
  keys: readonly { key: string; means: Meaning }[],
  signal?: AbortSignal,
  onOther: (key: string) => void = () => undefined,
): Promise<Meaning> {
  const pressed = Promise.withResolvers<Meaning>();
  const take = (pressedKey: string) => {
    const found = keys.find(({ key }) => key === pressedKey);
    if (found) pressed.resolve(found.means);
    else onOther(pressedKey);
  };
  const abort = () => {
    pressed.reject(signal?.reason as Error);
  };
  keyboard.listen(take, () => {
    take('q');
  });
  signal?.addEventListener('abort', abort);
  try {
    return await pressed.promise;
  } finally {
    signal?.removeEventListener('abort', abort);
    keyboard.stop();
  }
}
