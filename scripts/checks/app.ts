import { get } from 'node:http';
import type { Lab } from '../lab/lab.ts';
import { appNodePort } from '../lab/layout.ts';
import { machineCheck } from './looking.ts';
import { met, unmet, type Check } from './verdict.ts';

/** The guestbook's paths (app/web.ts). The page is served with the messages in it, or with 503. */
export const appPaths = { page: '/', messages: '/api/messages', info: '/api/info' } as const;

/** Times that the app is asked where the answer may depend on the pod: each time over a new connection. */
const versionSamples = 8;
const doorSamples = 8;

export type AppAnswer =
  | { status: number; body: string; /** Of the pod that answered (header X-Version). */ version: string | undefined }
  | { status: undefined; why: string };

/**
 * One request to the app as somebody outside would send it: through the NodePort of `w1`, or of another worker,
 * published on 127.0.0.1, and over a connection of its own, so that it may end on any pod. Never throws for an answer.
 * @throws FiredrillError `unknown-machine`.
 */
export function askApp(lab: Lab, path: string, timeoutSeconds = 2, through?: string): Promise<AppAnswer> {
  const url = `${doorOf(lab, through)}${path}`;
  return new Promise((resolve) => {
    const fail = (error: Error): void => {
      resolve({
        status: undefined,
        why: error.name === 'AbortError' ? `none within ${timeoutSeconds} s` : error.message,
      });
    };
    const signal = AbortSignal.timeout(timeoutSeconds * 1000);
    get(url, { agent: false, signal }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('error', fail);
      response.on('end', () => {
        const version = response.headers['x-version'];
        resolve({ status: response.statusCode ?? 0, body, version: typeof version === 'string' ? version : undefined });
      });
    }).on('error', fail);
  });
}

/** The app shows its page with the messages. Silence is `unmet`: that is what the claim is about. */
export function appAnswers(): Check {
  const claim = 'the app answers';
  return machineCheck(claim, async (lab) => {
    const answer = await askApp(lab, appPaths.page);
    return answer.status === 200 ? met('the app shows its page') : unmet(said(answer), claim);
  });
}

/** The app shows its page to everybody who comes in through that worker, whichever pod each of them is sent to. */
export function appAnswersThrough(machine: string): Check {
  const claim = `the app answers through ${machine}`;
  return machineCheck(claim, async (lab) => {
    const asked = Array.from({ length: doorSamples }, () => askApp(lab, appPaths.page, 2, machine));
    const bad = (await Promise.all(asked)).filter(({ status }) => status !== 200);
    const [first] = bad;
    if (!first) return met(`it answered ${doorSamples} of ${doorSamples} requests`);
    return unmet(`${bad.length} of ${doorSamples} requests failed: ${said(first)}`, claim);
  });
}

/** The app gives no page, or an error instead of it. */
export function appDoesNotAnswer(): Check {
  const claim = 'the app does not answer';
  return machineCheck(claim, async (lab) => {
    const answer = await askApp(lab, appPaths.page);
    return answer.status === 200 ? unmet('the app shows its page', claim) : met(said(answer));
  });
}

/** The messages in an answer at `appPaths.messages`, newest first. */
export const messagesIn = (body: string): string[] =>
  (JSON.parse(body) as { messages: { text: string }[] }).messages.map(({ text }) => text);

/** Somebody who reads the guestbook finds the message, word for word. */
export function appHasMessage(text: string): Check {
  const claim = `the guestbook has the message '${text}'`;
  return machineCheck(claim, async (lab) => {
    const answer = await askApp(lab, appPaths.messages);
    if (answer.status !== 200) return unmet(said(answer), claim);
    const messages = messagesIn(answer.body);
    if (messages.includes(text)) return met(`it has '${text}'`);
    const [newest] = messages;
    return unmet(newest === undefined ? 'it has no message' : `the newest message is '${newest}'`, claim);
  });
}

/** Every pod that was asked says this version. */
export function appVersionIs(version: string): Check {
  const claim = `the app answers with version ${version}`;
  return machineCheck(claim, async (lab) => {
    const asked = Array.from({ length: versionSamples }, () => askApp(lab, appPaths.info));
    for (const answer of await Promise.all(asked)) {
      if (answer.status !== 200) return unmet(said(answer), claim);
      const info = JSON.parse(answer.body) as { version: string; pod: string };
      if (info.version !== version) return unmet(`${info.pod} says version ${info.version}`, claim);
    }
    return met(`${versionSamples} of ${versionSamples} answers came from version ${version}`);
  });
}

const doorOf = (lab: Lab, through: string | undefined): string =>
  through === undefined
    ? (lab.shellEnvironment()['APP'] ?? '')
    : `http://127.0.0.1:${lab.machine(through).publishedPorts[appNodePort] ?? 0}`;

const said = (answer: AppAnswer): string =>
  answer.status === undefined ? `no answer from the app (${answer.why})` : `the app answers ${answer.status}`;
