import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { noteBegun, otherBegun } from '../../scripts/course/begun.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'lessons');
const [lamp, other] = [{ id: '01-light-a-lamp' }, { id: '02-other' }];

function labFolder(): { folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'firedrill-begun-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  return { folder };
}

test('the lesson that was begun last is found, by another one only', async () => {
  const lab = labFolder();
  expect(await otherBegun(lab, other, fixtures)).toBeUndefined();
  await noteBegun(lab, other);
  await noteBegun(lab, lamp);
  expect(await otherBegun(lab, other, fixtures)).toMatchObject(lamp);
  expect(await otherBegun(lab, lamp, fixtures)).toBeUndefined();
});

test("one that is not there any more is in nobody's way", async () => {
  const lab = labFolder();
  await noteBegun(lab, other);
  expect(await otherBegun(lab, lamp, fixtures)).toBeUndefined();
});
