import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appNodePort, createLayout, type Layout } from '../../scripts/lab/layout.ts';
import type { Lab } from '../../scripts/lab/lab.ts';
import { makeCertificates } from '../../scripts/lab/pki.ts';
import { apiWrite, appThrough } from '../../scripts/probes/probes.ts';
import { listening, stopListening } from '../support/listening.ts';

describe('the app through a worker', () => {
  const throughPort = (port: number) => {
    const machine = () => ({ publishedPorts: { [appNodePort]: port } });
    return appThrough({ machine } as unknown as Lab, 'w1').ask();
  };
  const answering = (status: number) =>
    listening(
      createHttpServer((_, response) => {
        response.writeHead(status).end('x'.repeat(100_000));
      }),
    );

  it.each([
    [200, 'ok'],
    [503, 'failed'],
  ])('a page with HTTP %i is %s', async (status, state) => {
    const seen = await throughPort(await answering(status));
    expect(seen).toEqual([{ probe: 'app through w1', state, says: `HTTP ${status}` }]);
  });

  it('a connection that is refused, or closed without an answer, is none', async () => {
    const refused = createServer();
    const port = await listening(refused);
    await stopListening();
    await expect(throughPort(port)).rejects.toThrow('ECONNREFUSED');
    const closes = await listening(createServer((socket) => socket.end()));
    await expect(throughPort(closes)).rejects.toThrow('closed without an answer');
  });

  it('an answer that does not come is given up after a second', async () => {
    const silent = await listening(createServer(() => undefined));
    await expect(throughPort(silent)).rejects.toThrow('no answer within 1 s');
  });
});

describe('a write to the API server', () => {
  let folder: string;
  let layout: Layout;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firedrill-test-'));
    layout = createLayout({ name: 'probed', size: 'default' });
    await makeCertificates(layout, folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** An API server that answers with these statuses, 0 for no answer, and the probe that writes to it. */
  async function writing(...statuses: number[]) {
    const asked: { method: string | undefined; url: string | undefined; body: string }[] = [];
    const pem = (name: string) => readFile(join(folder, 'pki', name));
    const options = { key: await pem('apiserver.key'), cert: await pem('apiserver.crt') };
    const server = createHttpsServer(options, (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        asked.push({ method: request.method, url: request.url, body });
        const status = statuses.shift() ?? 200;
        if (status !== 0) response.writeHead(status).end('{}');
      });
    });
    const port = await listening(server);
    const controllers = [{ ...layout.machines[0]!, name: 'c1', publishedPorts: { 6443: port } }];
    return { asked, probe: apiWrite({ folder, machinesWithRole: () => controllers }) };
  }

  it('applies a lease with the time, is ok where that was taken, and removes it at its end', async () => {
    const { asked, probe } = await writing(201, 200);
    const ok = [{ probe: 'API write', state: 'ok' }];
    expect([await probe.ask(), await probe.ask()]).toEqual([ok, ok]);
    await probe.end?.();
    expect(asked.map(({ method }) => method)).toEqual(['PATCH', 'PATCH', 'DELETE']);
    expect(asked[0]?.url).toContain('/leases/firedrill-probe?fieldManager=firedrill-probe&force=true');
    const { spec } = JSON.parse(asked[0]?.body ?? '') as { spec: { renewTime: string } };
    expect(spec.renewTime).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z$/);
  });

  it('is no answer where it is refused, or none comes within a second', async () => {
    const { probe } = await writing(503, 403, 0);
    await expect(probe.ask()).rejects.toThrow('HTTP 503');
    await expect(probe.ask()).rejects.toThrow('HTTP 403');
    await expect(probe.ask()).rejects.toThrow();
    await probe.end?.();
  });
});
