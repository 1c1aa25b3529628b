import type { Component } from './components.ts';

export interface SourceContext {
  signal?: AbortSignal | undefined;
  /** Told now and then while a source works; undefined where nobody can say. */
  onSecondsLeft: (seconds: number | undefined) => void;
}

/** Where a component's files may come from. */
export interface Source {
  /** As a person reads it: `official release`, `Go modules`, `mirror http://...`. */
  name: string;
  /**
   * Puts each of the component's files at its path under `into`.
   * @throws whatever says why it cannot; the next source is then tried.
   */
  get(component: Component, into: string, context: SourceContext): Promise<void>;
}
