import { messageOf } from '../system/errors.ts';

/** How the steps of a long work are shown: a spinner each, or a line each. */
export interface ActionReporter {
  action(title: string): ShownAction;
}

export interface ShownAction {
  update(text: string): void;
  done(detail?: string): void;
  failed(why: string): void;
}

/** Does one named thing after the other, and shows each as it goes. `detail` words what one found. */
export type Act = <T>(
  title: string,
  work: (shown: ShownAction) => T | Promise<T>,
  detail?: (found: T) => string | undefined,
) => Promise<T>;

/** Nothing is begun once the signal was aborted. */
export const acting =
  (reporter: ActionReporter, signal?: AbortSignal): Act =>
  async (title, work, detail) => {
    signal?.throwIfAborted();
    const shown = reporter.action(title);
    try {
      const found = await work(shown);
      shown.done(detail?.(found));
      return found;
    } catch (error) {
      shown.failed(messageOf(error).split('\n')[0] ?? '');
      throw error;
    }
  };
