import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PositionKeeper, readPosition, stoppedAt, type Position } from '../../scripts/present/position.ts';

let state: string;
let folder: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'positions-'));
  folder = join(state, 'presentations');
});
afterEach(() => rm(state, { recursive: true }));

const at = (lesson: string, heading: string): Position => ({ lesson, heading, state: 'open', startedAt: 0 });

const silent = (message: string): void => {
  throw new Error(message);
};
const read = (lesson: string) => readPosition(lesson, { onDamaged: silent, folder });

it('is undefined, without a word, where the lesson was not presented yet', async () => {
  expect(await read('03-routes')).toBeUndefined();
  await mkdir(folder);
  expect(await read('03-routes')).toBeUndefined();
});

it('keeps the last position of each lesson: neither of two presentations disturbs the other', async () => {
  const [one, two] = [new PositionKeeper({ folder }), new PositionKeeper({ folder })];
  one.keep(at('03-routes', 'Look'));
  two.keep({ ...at('06-etcd', 'Back up'), command: 'etcdctl snapshot save' });
  one.keep(at('03-routes', 'Cut'));
  await Promise.all([one.written(), two.written()]);
  expect(await read('03-routes')).toEqual(at('03-routes', 'Cut'));
  expect(await read('06-etcd')).toEqual({ ...at('06-etcd', 'Back up'), command: 'etcdctl snapshot save' });
  two.keep({ ...at('06-etcd', 'Restore'), state: 'finished' });
  await two.written();
  expect(await read('03-routes')).toEqual(at('03-routes', 'Cut'));
  expect(await read('06-etcd')).toMatchObject({ heading: 'Restore', state: 'finished' });
});

it('a rehearsal moves the notes along, and loses no position where a presentation was stopped', async () => {
  const rehearse = async (position: Position): Promise<void> => {
    const stopped = stoppedAt(await read('03-routes'));
    const keeper = new PositionKeeper({ folder, rehearsal: { stopped } });
    keeper.keep(position);
    await keeper.written();
  };
  await rehearse(at('03-routes', 'Look'));
  expect(await read('03-routes')).toMatchObject({ heading: 'Look' });
  expect(stoppedAt(await read('03-routes'))).toBeUndefined();

  const presented = new PositionKeeper({ folder });
  presented.keep(at('03-routes', 'Cut'));
  await presented.written();
  // The second one finds the first one's position.
  for (const heading of ['Look', 'Mend']) await rehearse({ ...at('03-routes', heading), state: 'finished' });
  expect(await read('03-routes')).toMatchObject({ heading: 'Mend', state: 'finished' });
  expect(stoppedAt(await read('03-routes'))).toEqual(at('03-routes', 'Cut'));
});

it('writes in the order of the presentation, each position whole, and leaves nothing beside them', async () => {
  const keeper = new PositionKeeper({ folder });
  const long = 'x'.repeat(100_000);
  keeper.keep({ ...at('03-routes', 'Step 0'), command: long });
  await keeper.written();
  const before = await open(join(folder, '03-routes.json'));
  try {
    for (let step = 1; step <= 20; step += 1) keeper.keep({ ...at('03-routes', `Step ${step}`), command: long });
    // The notes read while it is written: what they see is one of the positions, or `silent` throws.
    for (let seen = ''; seen !== 'Step 20';) {
      const position = await read('03-routes');
      expect(position?.command).toBe(long);
      seen = position?.heading ?? '';
    }
    // Whoever has the old file open still reads all of it: it was replaced, and not written over.
    expect(JSON.parse(await before.readFile('utf8'))).toMatchObject({ heading: 'Step 0', command: long });
  } finally {
    await before.close();
  }
  await keeper.written();
  expect(await readdir(folder)).toEqual(['03-routes.json']);
});

it.each([
  '',
  '{"lesson":"03-ro',
  '[]',
  '{"lesson":"03-routes"}',
  '{"lesson":"03-routes","heading":"Look","state":"lost"}',
])('a damaged file is passed over with a message, and the next position takes its place: %s', async (text) => {
  await mkdir(folder);
  const path = join(folder, '03-routes.json');
  await writeFile(path, text);
  const told: string[] = [];
  const position = await readPosition('03-routes', { onDamaged: (message) => told.push(message), folder });
  expect(position).toBeUndefined();
  expect(told).toEqual([expect.stringContaining(`could not be read from ${path}`)]);
  const keeper = new PositionKeeper({ folder });
  keeper.keep(at('03-routes', 'Look'));
  await keeper.written();
  expect(await read('03-routes')).toEqual(at('03-routes', 'Look'));
});

it('does not read the one file that earlier versions kept for all lessons', async () => {
  await writeFile(join(state, 'presentation.json'), JSON.stringify(at('03-routes', 'Look')));
  expect(await read('03-routes')).toBeUndefined();
});

it('lets a presentation go on where nothing can be written, and writes again as soon as that works', async () => {
  await writeFile(folder, 'a file, where a folder should be');
  const keeper = new PositionKeeper({ folder });
  keeper.keep(at('03-routes', 'Look'));
  await keeper.written();
  await rm(folder);
  keeper.keep(at('03-routes', 'Cut'));
  await keeper.written();
  expect(await read('03-routes')).toEqual(at('03-routes', 'Cut'));
});
