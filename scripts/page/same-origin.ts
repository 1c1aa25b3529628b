import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/**
 * Whether a request came under this page's own name, from this page or from no page. A site whose name was pointed at
 * 127.0.0.1 ("DNS rebinding") has another `Host`; a page of another site has another `Origin`.
 */
export function isOurs({ host, origin }: IncomingHttpHeaders, port: number): boolean {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (host === undefined || !hosts.includes(host)) return false;
  return origin === undefined || origin === `http://${host}`;
}

/** Whether a call shows the token that is in the page; in the address where a browser can't send headers. */
export function mayCall(request: Pick<IncomingMessage, 'method' | 'headers'>, url: URL, token: string): boolean {
  const shown = request.headers['x-firedrill-token'] ?? (request.method === 'GET' ? url.searchParams.get('token') : '');
  const one = Buffer.from(String(shown));
  const other = Buffer.from(token);
  return one.length === other.length && timingSafeEqual(one, other);
}
