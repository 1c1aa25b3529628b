import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { appAnswers, appAnswersThrough, appHasMessage, appVersionIs } from '../../scripts/checks/app.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { fakeLab } from './fake-lab.ts';

/** A lab whose app is this handler, on loopback. */
async function labWithApp(handler: RequestListener) {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return fakeLab({ app: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

const guestbook =
  (answers: Record<string, unknown>): RequestListener =>
  (request, response) => {
    const answer = answers[request.url ?? ''];
    response.writeHead(answer === undefined ? 503 : 200).end(JSON.stringify(answer ?? ''));
  };

const nobody = fakeLab({ app: 'http://127.0.0.1:1' });

test('the app answers, or has lost its Redis, or does not answer at all', async () => {
  expect((await appAnswers().look(await labWithApp(guestbook({ '/': 'page' })))).kind).toBe('met');
  expect(await appAnswers().look(await labWithApp(guestbook({})))).toMatchObject({
    kind: 'unmet',
    saw: 'the app answers 503',
  });
  const silent = await appAnswers().look(nobody);
  expect(silent.kind === 'unmet' && silent.saw).toMatch(/no answer from the app \(connect ECONNREFUSED/);
});

test('through another worker, everybody must be answered', async () => {
  let asked = 0;
  const lab = await labWithApp((_request, response) => {
    asked += 1;
    response.writeHead(asked % 8 === 3 ? 503 : 200).end();
  });
  const through = (port: number) =>
    ({ ...lab, machine: () => ({ publishedPorts: { 30080: port } }) }) as unknown as Lab;
  const port = Number(new URL(lab.shellEnvironment()['APP'] ?? '').port);
  expect(await appAnswersThrough('w2').look(through(port))).toMatchObject({
    kind: 'unmet',
    saw: '1 of 8 requests failed: the app answers 503',
  });
  const whole = await labWithApp(guestbook({ '/': 'page' }));
  const wholePort = Number(new URL(whole.shellEnvironment()['APP'] ?? '').port);
  expect((await appAnswersThrough('w2').look(through(wholePort))).kind).toBe('met');
});

test('a message is there word for word, and not as part of another', async () => {
  const lab = await labWithApp(
    guestbook({ '/api/messages': { messages: [{ text: 'hello world' }, { text: 'bye' }] } }),
  );
  expect((await appHasMessage('bye').look(lab)).kind).toBe('met');
  expect(await appHasMessage('hello').look(lab)).toMatchObject({
    kind: 'unmet',
    saw: "the newest message is 'hello world'",
  });
  const empty = await labWithApp(guestbook({ '/api/messages': { messages: [] } }));
  expect(await appHasMessage('hello').look(empty)).toMatchObject({ kind: 'unmet', saw: 'it has no message' });
  expect((await appHasMessage('hello').look(nobody)).kind).toBe('unmet');
});

test('an answer that is not the guestbook leaves it unknown', async () => {
  const lab = await labWithApp((_request, response) => void response.end('<html>'));
  expect((await appHasMessage('hello').look(lab)).kind).toBe('unknown');
  expect((await appVersionIs('1').look(lab)).kind).toBe('unknown');
});

test('one pod of another version is enough not to be there yet, and each answer has a connection of its own', async () => {
  const ports = new Set<number | undefined>();
  let asked = 0;
  const lab = await labWithApp((request, response) => {
    ports.add(request.socket.remotePort);
    asked += 1;
    const info = { pod: `guestbook-${asked}`, version: asked === 3 ? '1' : '2' };
    response.end(JSON.stringify(info));
  });
  expect(await appVersionIs('2').look(lab)).toMatchObject({ kind: 'unmet', saw: 'guestbook-3 says version 1' });
  expect(ports.size).toBe(8);
  expect((await appVersionIs('2').look(lab)).kind).toBe('met');
});
