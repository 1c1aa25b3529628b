import type { ServerResponse } from 'node:http';

export interface Events {
  send: (value: unknown) => void;
  /** Aborted when the browser went away or the server ends. */
  signal: AbortSignal;
  end: () => void;
}

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), each a line of JSON. */
export function sendEvents(response: ServerResponse, over: AbortSignal): Events {
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  return {
    send: (value) => {
      response.write(`data: ${JSON.stringify(value)}\n\n`);
    },
    signal: AbortSignal.any([over, gone.signal]),
    end: () => {
      response.end();
    },
  };
}
