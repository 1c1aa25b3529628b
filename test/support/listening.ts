import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach } from 'vitest';

const closing: (() => Promise<void>)[] = [];
afterEach(stopListening);

/** Listens on this port, or on one of its own, until the test is over; returns the port. */
export async function listening(server: Server, port = 0): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  closing.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Closes all that listens now, with its connections. */
export async function stopListening(): Promise<void> {
  await Promise.all(closing.splice(0).map((close) => close()));
}
