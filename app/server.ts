import { hostname } from 'node:os';
import { Messages } from './messages.ts';
import { Web } from './web.ts';

/**
 * The guestbook's front end. It is told by its environment:
 * PORT (8080), REDIS_PRIMARY and REDIS_REPLICA (`host:port`; without a replica all is read from the primary),
 * POD_NAME, NODE_NAME and VERSION, which it shows.
 */
const { PORT, REDIS_PRIMARY, REDIS_REPLICA, POD_NAME, NODE_NAME, VERSION } = process.env;

const messages = new Messages({ primary: REDIS_PRIMARY ?? '127.0.0.1:6379', replica: REDIS_REPLICA });
const identity = { pod: POD_NAME ?? hostname(), node: NODE_NAME ?? 'unknown', version: VERSION ?? 'unknown' };
const web = new Web(identity, messages);

const say = (line: string): void => {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
};

web.server.listen(Number(PORT ?? 8080), () => {
  const address = web.server.address();
  say(`version ${identity.version} listens on port ${typeof address === 'object' ? (address?.port ?? '') : ''}`);
});

// Kubernetes sends SIGTERM, and SIGKILL at the end of the grace period.
process.once('SIGTERM', () => {
  say('draining');
  void web.drain().then(() => {
    messages.close();
    say('drained');
  });
});
