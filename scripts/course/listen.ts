import type { CourseEvent, Ui } from './ui.ts';

/** The same Ui, whose events are also heard by others: the progress, the event log. They hear first. */
export function withListeners(ui: Ui, listeners: readonly ((event: CourseEvent) => void)[]): Ui {
  const beforeCommand = ui.beforeCommand?.bind(ui);
  return {
    ...(beforeCommand ? { beforeCommand } : {}),
    interactive: ui.interactive,
    emit: (event) => {
      for (const listener of listeners) listener(event);
      ui.emit(event);
    },
    next: (question, keys) => ui.next(question, keys),
    predict: (prediction) => ui.predict(prediction),
    taskKey: (signal) => ui.taskKey(signal),
    shell: (environment) => ui.shell(environment),
  };
}
