import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { execa } from 'execa';

/** The real engine's socket, as the docker program finds it. */
async function realSocket(): Promise<string> {
  const format = '{{.Endpoints.docker.Host}}';
  const host = (await execa('docker', ['context', 'inspect', '--format', format])).stdout.trim();
  if (!host.startsWith('unix://')) throw new Error(`The engine is at ${host}: this test needs one at a socket.`);
  return host.slice('unix://'.length);
}

/** A docker engine that can be stopped: a socket in front of the real one's, for DOCKER_HOST. */
export class StoppableEngine {
  readonly host: string;
  /** When it was stopped, milliseconds since 1970. */
  stoppedAt: number | undefined;
  private readonly path: string;
  private readonly behind: string;
  private readonly hear: (request: string) => void;
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  private constructor(path: string, behind: string, hear: (request: string) => void) {
    this.path = path;
    this.host = `unix://${path}`;
    this.behind = behind;
    this.hear = hear;
  }

  /**
   * @param path of the new socket
   * @param hear is told of what a client says before the engine is. Where it stops the engine, that never hears of it.
   */
  static async start(path: string, hear: (request: string) => void = () => undefined): Promise<StoppableEngine> {
    const engine = new StoppableEngine(path, await realSocket(), hear);
    await engine.startAgain();
    return engine;
  }

  startAgain(): Promise<void> {
    return new Promise((resolve, reject) => {
      // What `docker run` attaches to goes on in one direction when the other one has ended.
      const server = createServer({ allowHalfOpen: true }, (client) => {
        this.connect(client);
      });
      server.once('error', reject);
      server.listen(this.path, resolve);
      this.server = server;
    });
  }

  /** All connections break, and there are no new ones. The containers run on, as under `live-restore`. */
  stop(): void {
    this.stoppedAt ??= Date.now();
    this.server?.close();
    this.server = undefined;
    for (const socket of this.sockets) socket.destroy();
  }

  private connect(client: Socket): void {
    const engine = createConnection({ path: this.behind, allowHalfOpen: true });
    for (const [socket, other] of [
      [client, engine],
      [engine, client],
    ] as const) {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => {
        socket.destroy();
        other.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => {
      this.hear(chunk.toString('latin1'));
    });
    client.pipe(engine);
    engine.pipe(client);
  }
}
