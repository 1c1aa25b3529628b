import type { LoadedLesson, Page } from '../course/model.ts';
import type { CourseEvent } from '../course/ui.ts';
import { stepName } from './event-lines.ts';
import { stylesFor, type Look } from './look.ts';
import { renderMarkdown } from './markdown.ts';
import { visibleWidth, wrap } from './wrap.ts';

/** A step's page as a learner reads it: heading, text, and the commands in their places. */
export function pageLines(event: Extract<CourseEvent, { type: 'step-opened' }>, look: Look): string[] {
  const styles = stylesFor(look);
  const heading = wrap(stepName(event), look.columns);
  const rule = look.accessible ? [] : ['-'.repeat(Math.max(...heading.map(visibleWidth)))];
  return ['', ...heading.map(styles.strong), ...rule, '', ...rendered(event.page.text, look)];
}

export const introductionLines = (lesson: LoadedLesson, look: Look): string[] =>
  lesson.introduction.trim() === '' ? [] : ['', ...rendered(lesson.introduction, look)];

/** What the page says once its goal is reached. */
export const debriefLines = (page: Page, look: Look): string[] =>
  page.debrief === undefined ? [] : ['', ...rendered(page.debrief, look)];

const rendered = (markdown: string, look: Look): string[] => renderMarkdown(markdown, look).split('\n');
