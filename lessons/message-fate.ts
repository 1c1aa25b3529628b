import { appPaths, askApp, messagesIn } from '../scripts/checks/app.ts';
import type { Prediction } from '../scripts/course/model.ts';
import type { Lab } from '../scripts/lab/lab.ts';
import { waitForAnswer } from '../scripts/system/wait.ts';

/** Seconds that the app is given to show what it has. */
const patienceSeconds = 30;

export const keptOrLost = [
  { value: 'kept', says: 'it is there' },
  { value: 'lost', says: 'it is lost' },
] as const;

/** Whether the guestbook still has a message. An app that does not answer tells nothing of it: it is asked again. */
export const messageFate = (id: string, question: string, text: string): Prediction & { kind: 'choice' } => ({
  kind: 'choice',
  id,
  question,
  choices: [...keptOrLost],
  expected: ['kept'],
  async measure(lab) {
    const messages = await messagesOf(lab);
    if (messages.includes(text)) return { value: 'kept', saw: `it has '${text}'` };
    return { value: 'lost', saw: messages[0] === undefined ? 'it has no message' : `the newest is '${messages[0]}'` };
  },
});

const messagesOf = (lab: Lab): Promise<string[]> =>
  waitForAnswer(
    async () => {
      const answer = await askApp(lab, appPaths.messages);
      return answer.status === 200 ? messagesIn(answer.body) : undefined;
    },
    { what: 'the app shows its messages', deadlineSeconds: patienceSeconds },
  );
