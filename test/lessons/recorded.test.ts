import { expect, it } from 'vitest';
import { loadLessons } from '../../scripts/course/load.ts';
import { isRecorded } from '../../scripts/course/model.ts';

it('probes run beside every step that loses etcd, and until it is back', async () => {
  const lessons = await loadLessons();
  const recorded = (number: number): string[] => {
    const { steps } = lessons.find((lesson) => lesson.number === number)!.definition;
    return Object.keys(steps).filter((heading) => isRecorded(steps[heading]));
  };
  expect(recorded(6)).toEqual([
    ...['Every disk is lost', 'Restore all three'],
    ...['A client deletes everything', 'And back once more'],
  ]);
  expect(recorded(7)).toEqual(['One member fails', 'The leader fails', 'Two members fail', 'A majority again']);
  // Its members are on machines of their own.
  expect(recorded(5)).toEqual([]);
});
