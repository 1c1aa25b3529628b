import { defineLesson, read } from '../../../../scripts/course/model.ts';

export default defineLesson({
  minutes: 1,
  summary: 'Strike a match.',
  needs: 'none',
  baseline: [],
  steps: { 'Strike it': read },
});
