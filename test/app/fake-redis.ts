import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** As much of Redis as the guestbook uses, on loopback, in memory. */
export class FakeRedis {
  readonly list: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** While true, it takes commands and says nothing. */
  silent = false;
  lranges = 0;
  commands: string[] = [];
  port = 0;

  constructor() {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
        // Commands come whole on loopback; split where the next array starts.
        const commands = text.split(/(?=\*\d+\r\n\$)/);
        text = '';
        for (const command of commands) {
          const words = command.split('\r\n').filter((_, index) => index > 0 && index % 2 === 0);
          this.commands.push(words[0] ?? '');
          if (!this.silent) socket.write(this.#reply(words));
        }
      });
    });
  }

  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #reply([name, , text]: string[]): string {
    switch (name) {
      case 'PING':
        return '+PONG\r\n';
      case 'LPUSH':
        return `:${this.list.unshift(text ?? '')}\r\n`;
      case 'LTRIM':
        return '+OK\r\n';
      case 'LRANGE':
        this.lranges += 1;
        return `*${this.list.length}\r\n${this.list.map((item) => `$${Buffer.byteLength(item)}\r\n${item}\r\n`).join('')}`;
      default:
        return `-ERR unknown command '${name ?? ''}'\r\n`;
    }
  }
}
