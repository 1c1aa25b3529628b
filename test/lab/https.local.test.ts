import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { createServer as createPlainServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { adminFiles } from '../../scripts/lab/api-servers.ts';
import { KeptConnections } from '../../scripts/lab/https.ts';
import { createLayout } from '../../scripts/lab/layout.ts';
import { makeCertificates } from '../../scripts/lab/pki.ts';
import { ApiUnreachable } from '../../scripts/system/errors.ts';
import { checkoutFolder } from '../../scripts/system/folders.ts';
import { listening, stopListening } from '../support/listening.ts';

let folder: string;
const timeoutSeconds = 5;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firedrill-test-'));
  await makeCertificates(createLayout({ name: 'asked', size: 'default' }), folder);
});
afterAll(() => rm(folder, { recursive: true }));

/** A server that wants the lab's credentials, and the connections that it has seen. */
async function serving(answer: RequestListener, { certificate = 'apiserver', port: wanted = 0 } = {}) {
  const pem = (name: string) => readFile(join(folder, 'pki', name));
  const [key, cert, ca] = await Promise.all([pem(`${certificate}.key`), pem(`${certificate}.crt`), pem('ca.crt')]);
  const server = createServer({ key, cert, ca, requestCert: true, rejectUnauthorized: true }, answer);
  const connections: TLSSocket[] = [];
  server.on('secureConnection', (socket: TLSSocket) => connections.push(socket));
  const port = await listening(server, wanted);
  return { port, connections, kept: await KeptConnections.of(folder, adminFiles) };
}

it('sends the method, the fields and the body, and one connection carries all requests', async () => {
  const { port, kept, connections } = await serving((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      response.writeHead(201);
      // In chunks, the first of which goes off before the second is there.
      response.write(`${request.method ?? ''} ${request.url ?? ''} `);
      response.end(`${request.headers['content-type'] ?? 'nothing'} ${body}`);
    });
  });
  const headers = { 'content-type': 'text/plain' };
  expect(await kept.ask({ port, path: '/a?b=c', method: 'PATCH', headers, body: 'é', timeoutSeconds })).toMatchObject({
    status: 201,
    body: 'PATCH /a?b=c text/plain é',
  });
  expect(await kept.ask({ port, path: '/', timeoutSeconds })).toMatchObject({ body: 'GET / nothing ' });
  expect(connections).toHaveLength(1);
  kept.close();
});

it('requests at once have connections of their own, and long answers are whole', async () => {
  const long = 'é'.repeat(300_000);
  const { port, kept, connections } = await serving((_, response) => response.end(long));
  const answers = await Promise.all([1, 2, 3].map(() => kept.ask({ port, path: '/', timeoutSeconds })));
  for (const { body } of answers) expect(body === long).toBe(true);
  expect(connections).toHaveLength(3);
  kept.close();
});

it('a connection that the server closed meanwhile is not asked', async () => {
  const { port, kept, connections } = await serving((_, response) => response.end('ok'));
  await kept.ask({ port, path: '/', timeoutSeconds });
  const [first] = connections;
  first?.end();
  // Which takes the other side's end as well.
  if (first) await once(first, 'close');
  expect(await kept.ask({ port, path: '/', timeoutSeconds })).toMatchObject({ body: 'ok' });
  expect(connections).toHaveLength(2);
  kept.close();
});

it('no answer in time is none, and the connection is not used again', async () => {
  let asked = 0;
  const { port, kept, connections } = await serving((_, response) => {
    asked += 1;
    if (asked > 1) response.end('ok');
  });
  const late = kept.ask({ port, path: '/', timeoutSeconds: 0.2 });
  await expect(late).rejects.toThrow(new ApiUnreachable('no answer in time'));
  expect(await kept.ask({ port, path: '/', timeoutSeconds })).toMatchObject({ body: 'ok' });
  expect(connections).toHaveLength(2);
  kept.close();
});

it('a process that stood still reads what came meanwhile, and waits no longer than that for what does not come', async () => {
  const { port, kept } = await serving((request, response) => {
    if (request.url === '/never') return;
    setTimeout(() => response.end('late'), 50);
  });
  await kept.ask({ port, path: '/', timeoutSeconds });
  const standStill = (milliseconds: number): void => {
    for (const until = performance.now() + milliseconds; performance.now() < until;);
  };
  const answered = kept.ask({ port, path: '/', timeoutSeconds: 0.2 });
  setImmediate(standStill, 700);
  expect(await answered).toMatchObject({ body: 'late' });
  const never = kept.ask({ port, path: '/never', timeoutSeconds: 0.2 });
  setImmediate(standStill, 700);
  await expect(never).rejects.toThrow(new ApiUnreachable('no answer in time'));
  kept.close();
});

it('a signal ends a request, also one that it was too late for', async () => {
  const { port, kept } = await serving(() => undefined);
  const ended = new AbortController();
  const asking = kept.ask({ port, path: '/', timeoutSeconds, signal: ended.signal });
  ended.abort();
  await expect(asking).rejects.toThrow(ApiUnreachable);
  await expect(kept.ask({ port, path: '/', timeoutSeconds, signal: ended.signal })).rejects.toThrow(ApiUnreachable);
});

it('half an answer, a refused connection and a foreign certificate are no answer', async () => {
  const { port, kept } = await serving((_, response) => {
    response.writeHead(200, { 'content-length': '10' });
    response.write('half', () => response.destroy());
  });
  await expect(kept.ask({ port, path: '/', timeoutSeconds })).rejects.toThrow(
    new ApiUnreachable('the answer broke off'),
  );
  await stopListening();
  await expect(kept.ask({ port, path: '/', timeoutSeconds })).rejects.toThrow('ECONNREFUSED');

  const foreign = await serving((_, response) => response.end('ok'), { certificate: 'etcd-e1' });
  await expect(foreign.kept.ask({ port: foreign.port, path: '/', timeoutSeconds })).rejects.toThrow(ApiUnreachable);
});

it('where nobody listened behind a port, TLS begins only once a connection stays', async () => {
  const sent: Socket[] = [];
  const ending = createPlainServer((socket) => {
    sent.push(socket.resume().on('error', () => undefined));
    socket.end();
  });
  const port = await listening(ending);
  const kept = await KeptConnections.of(folder, adminFiles);
  const asked = { port, path: '/', timeoutSeconds };
  for (let round = 0; round < 2; round += 1)
    await expect(kept.ask(asked)).rejects.toThrow(new ApiUnreachable('nobody listens'));
  await vi.waitFor(() => {
    expect(sent.map(({ bytesRead }) => bytesRead)).toEqual([expect.any(Number), 0]);
  });

  await stopListening();
  await serving((_, response) => response.end('ok'), { port });
  expect(await kept.ask(asked)).toMatchObject({ body: 'ok' });
  kept.close();
});

it('a connection that waits for a request keeps no program from its end', async () => {
  const { port } = await serving((_, response) => response.end('ok'));
  const program = `
    import { KeptConnections } from ${JSON.stringify(join(checkoutFolder, 'scripts/lab/https.ts'))};
    const kept = await KeptConnections.of(${JSON.stringify(folder)}, ${JSON.stringify(adminFiles)});
    console.log((await kept.ask({ port: ${port}, path: '/', timeoutSeconds: 5 })).body);`;
  const ran = await execa(process.execPath, ['--input-type=module', '--eval', program], { timeout: 10_000 });
  expect(ran.stdout).toBe('ok');
});
