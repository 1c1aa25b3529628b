import type { Message } from './messages.ts';

export interface Identity {
  pod: string;
  node: string;
  version: string;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that HTML shows as it is, also inside a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

/** What people see of a version: a roll-out should be visible from the back of the room. */
const looks: Readonly<Record<string, { greeting: string; colour: string }>> = {
  '1': { greeting: 'Guestbook', colour: '#1a5fb4' },
  '2': { greeting: 'Guestbook, second edition', colour: '#26a269' },
};
const otherLook = { greeting: 'Guestbook', colour: '#5e5c64' };

/** The page. `messages` undefined: Redis is away. */
export function renderPage(identity: Identity, messages: readonly Message[] | undefined): string {
  const { greeting, colour } = looks[identity.version] ?? otherLook;
  const items = (messages ?? []).map(
    ({ text, at }) => `<li>${escapeHtml(text)} <time datetime="${escapeHtml(at)}">${escapeHtml(at)}</time></li>`,
  );
  const body = messages
    ? `<ul>${items.join('\n') || '<li>Nobody has written yet.</li>'}</ul>`
    : '<p role="alert"><strong>Redis is away.</strong> The messages cannot be read or written now.</p>';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${greeting}</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 0 auto; padding: 1rem }
header { background: ${colour}; color: #fff; padding: 0.5rem 1rem }
time, footer { color: #666; font-size: 0.8rem }
</style>
</head>
<body>
<header><h1>${greeting}</h1></header>
<form method="post" action="/api/messages">
<label>Your message <input name="message" maxlength="500" required></label> <button>Write</button>
</form>
${body}
<footer>version ${escapeHtml(identity.version)} · pod ${escapeHtml(identity.pod)} · node ${escapeHtml(identity.node)}</footer>
</body>
</html>
`;
}
