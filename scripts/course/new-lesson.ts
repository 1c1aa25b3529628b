import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FiredrillError } from '../system/errors.ts';
import { writeAtomically } from '../system/files.ts';
import { findLessons, lessonsFolder } from './load.ts';

/**
 * Makes the folder of a new lesson, with the next free number. It passes the linter once its TODOs are filled in.
 * @throws FiredrillError `lesson-name`.
 */
export async function makeLesson(name: string, folder = lessonsFolder()): Promise<string> {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  if (slug === '') {
    throw new FiredrillError(`'${name}' is no name for a folder.`, {
      code: 'lesson-name',
      remedy: "Use letters, digits and dashes: 'npx firedrill lesson new lose-a-disk'.",
      exitCode: 2,
    });
  }
  const numbers = (await findLessons(folder)).map(({ number }) => number);
  const number = String(Math.max(0, ...numbers) + 1).padStart(2, '0');
  const target = join(folder, `${number}-${slug}`);
  await mkdir(join(target, 'manifests'), { recursive: true });
  await writeAtomically(join(target, 'README.md'), readmeOf(number));
  await writeAtomically(join(target, 'lesson.ts'), definition);
  return target;
}

const readmeOf = (number: string): string => `# ${number} TODO: the title

TODO: what this lesson is about, in two sentences.

**Goal**: TODO

## Look around

TODO: what there is to see, before anything is changed.

\`\`\`sh
kubectl get nodes
\`\`\`

## Label a worker

**Your task.** TODO: what is to be reached, not how.

### Hint

TODO: what to observe.

### Hint

TODO: where to look.

### Hint

TODO: nearly the answer.

\`\`\`sh solution
kubectl label --overwrite node w1 example.com/seen=yes
\`\`\`

### Debrief

**What happened.** TODO

**What would have helped.** TODO

**In production.** TODO
`;

const definition = `import { nodeHasLabel, nodesAreReady } from '../../scripts/checks/nodes.ts';
import { defineLesson, read, task } from '../../scripts/course/model.ts';

export default defineLesson({
  minutes: 15,
  summary: 'TODO: one line for the menu.',
  needs: 'lab',
  baseline: [nodesAreReady('c1', 'w1', 'w2')],
  async cleanUp(lab) {
    await lab.onHost('kubectl label node w1 example.com/seen-');
  },
  steps: {
    'Look around': read,
    'Label a worker': task({ reach: [nodeHasLabel('w1', 'example.com/seen', 'yes')] }),
  },
});
`;
