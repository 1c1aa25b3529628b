import type { Door } from '../door.ts';

/**
 * Visitors at each door, by how long they keep their connection: as long as the generator runs; for some sixty
 * requests; for one. Each visitor has a host name of its own, because Go keeps the connections of each name apart.
 * Under one name it takes the connection that was idle last, again and again: at 3,000 requests a second two or three
 * connections did all the work, and when a worker lost its power they happened to end on the other one.
 */
const perDoor = { stay: 16, visit: 16, once: 16 };
/** Each regular visitor comes this often in the list, which begins anew at its end. */
const rounds = 64;
/**
 * One request in so many comes from somebody who makes one only, but no more than so many a second. A connection that has
 * ended keeps its port for a minute, and Linux has 14,000 to try first for each address that is called
 * (ip_local_port_range, half of it). With 400 a second they were all taken after a minute: the kernel searched for a port
 * at each connection, the generator needed both cores for it, and sent a quarter of its requests.
 */
const onceEvery = 20;
const onceASecond = 100;
/**
 * Connections open at once, all visitors together: the requests beyond wait for one, and that time counts. A machine that
 * drops every packet without a word would otherwise take up all files that a process may have open (20,000 is a usual
 * limit), and an app that is slow for a moment all ports of this computer: then the generator fails, not the app.
 */
const mostConnections = 2400;

/** A crowd as `vegeta attack` takes it (https://github.com/tsenart/vegeta#http-format). */
export interface Visitors {
  /** Its `-targets`, one request after the other. */
  targets: string;
  /** Its `-connect-to`: where each host name really leads. */
  connectTo: readonly string[];
  /** Its `-max-connections`, for each host name. */
  connectionsEach: number;
}

/**
 * The crowd that comes through these doors, the same number through each.
 * @param rate requests a second, all together
 */
export function visitorsAt(doors: readonly Door[], rate: number): Visitors {
  const every = Math.max(onceEvery, Math.ceil(rate / onceASecond));
  const named = (kind: keyof typeof perDoor): string[] =>
    Array.from({ length: perDoor[kind] }, (_, index) => index).flatMap((index) =>
      doors.map(({ machine }) => `${machine}-${kind}-${index}`),
    );
  const [stay, visit, once] = [named('stay'), named('visit'), named('once')];
  const lines: string[] = [];
  let passers = 0;
  const add = (line: string): void => {
    lines.push(line);
    if ((lines.length + 1) % every === 0) lines.push(lastRequest(once[passers++ % once.length] ?? ''));
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const name of stay) add(request(name));
    // Not all of them leave in the same round.
    visit.forEach((name, index) => {
      add(index % rounds === round ? lastRequest(name) : request(name));
    });
  }
  const all = [...stay, ...visit, ...once];
  return {
    targets: lines.join(''),
    connectTo: all.map((name) => `${name}:80:${addressOf(name, doors)}`),
    connectionsEach: Math.max(1, Math.floor(mostConnections / all.length)),
  };
}

/** The machine through whose door a request of a crowd went. */
export const machineOfUrl = (url: string): string => /^http:\/\/([^-/]+)-/.exec(url)?.[1] ?? '';

const request = (name: string): string => `GET http://${name}/\n`;
/** The server closes the connection after it has answered. */
const lastRequest = (name: string): string => `GET http://${name}/\nConnection: close\n\n`;

const addressOf = (name: string, doors: readonly Door[]): string =>
  doors.find(({ machine }) => name.startsWith(`${machine}-`))?.address ?? '';
