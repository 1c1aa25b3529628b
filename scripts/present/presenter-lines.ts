import type { CourseEvent } from '../course/ui.ts';
import { eventLines } from '../ui/event-lines.ts';
import { stylesFor, type Look } from '../ui/look.ts';
import { lastSeen, type News } from '../ui/verdict-lines.ts';
import { harmless, wrap } from '../ui/wrap.ts';

/** What a room sees of an event. Hints, and the words of the page, are in the notes. */
export function presenterLines(event: CourseEvent, look: Look, news: News): string[] {
  const styles = stylesFor(look);
  switch (event.type) {
    case 'hint':
      return [];
    case 'command-output':
      // As in a terminal: there is nothing else here that it could be mistaken for.
      return [harmless(event.line)];
    case 'awaiting': {
      if (!news.isNews(event.claim, event.verdict)) return [];
      const text = `... waiting: ${harmless(event.claim)}; saw: ${lastSeen(event.verdict)}`;
      return wrap(text, look.columns).map(styles.faint);
    }
    case 'check':
      return news.isNews(`check ${event.claim}`, event.verdict) ? eventLines(event, look) : [];
    case 'step-reached':
      return event.how === 'read' ? [] : ['', `${styles.good('✔')} ${harmless(event.page.heading)}`];
    default:
      return eventLines(event, look);
  }
}
