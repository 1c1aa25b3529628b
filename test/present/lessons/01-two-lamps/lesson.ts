import { rm } from 'node:fs/promises';
import { defineLesson, task } from '../../../../scripts/course/model.ts';
import { lampIsOn, lampsFolder } from '../../../fixtures/lamps.ts';

export default defineLesson({
  minutes: 5,
  summary: 'Light two lamps.',
  needs: 'none',
  baseline: [],
  async cleanUp() {
    await rm(lampsFolder(), { recursive: true, force: true });
  },
  steps: {
    'Light the hall': task({ reach: [lampIsOn('hall')] }),
    'Light the roof': task({ reach: [lampIsOn('roof')] }),
  },
});
