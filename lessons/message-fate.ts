import { appHasMessage, appPaths, askApp } from '../scripts/checks/app.ts';
import type { Prediction } from '../scripts/course/model.ts';
import { waitUntil } from '../scripts/system/wait.ts';

/** Seconds that the app is given to show what it has. */
const patienceSeconds = 30;

/** Whether the guestbook still has a message. An app that does not answer tells nothing of it: it is asked again. */
export const messageFate = (id: string, question: string, text: string): Prediction => ({
  kind: 'choice',
  id,
  question,
  choices: [
    { value: 'kept', says: 'yes' },
    { value: 'lost', says: 'no' },
  ],
  expected: ['kept'],
  async measure(lab) {
    const shows = async () => (await askApp(lab, appPaths.messages)).status === 200;
    await waitUntil(shows, { what: 'the app shows its messages', deadlineSeconds: patienceSeconds });
    const verdict = await appHasMessage(text).look(lab);
    if (verdict.kind === 'unknown') throw new Error(verdict.why);
    return { value: verdict.kind === 'met' ? 'kept' : 'lost', saw: verdict.saw };
  },
});
