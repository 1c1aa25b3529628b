import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from '../scripts/lab/lab.ts';
import { checkoutFolder } from '../scripts/system/folders.ts';

export const guestbookManifest = join(checkoutFolder, 'app', 'manifests', 'guestbook.yaml');

/** Takes a message out of the list that app/messages.ts keeps, wherever it stands. */
const forgetScript = `
  for _, item in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    local ok, message = pcall(cjson.decode, item)
    if ok and message.text == ARGV[1] then redis.call('LREM', KEYS[1], 0, item) end
  end`;

/** Puts the guestbook as its manifest says: four pods of version 1, Redis with a replica. */
export async function applyGuestbook(lab: Lab): Promise<void> {
  await lab.kubernetes.apply(await readFile(guestbookManifest, 'utf8'));
}

/** Removes the guestbook. Its messages stay on the disk of w1. */
export async function removeGuestbook(lab: Lab): Promise<void> {
  await lab.onHost('kubectl delete -f app/manifests/guestbook.yaml --ignore-not-found --timeout=50s', {
    timeoutSeconds: 60,
  });
}

/** Takes messages that a lesson asks for out of the guestbook, so that the lesson can be taken again. Others stay. */
export async function forgetMessages(lab: Lab, ...texts: readonly string[]): Promise<void> {
  const lines = texts.map(
    (text) => `kubectl exec redis-primary-0 -- redis-cli eval "${forgetScript}" 1 guestbook '${text}'`,
  );
  // A guestbook that does not run has nothing to forget.
  await lab.onHost(`kubectl get pod redis-primary-0 >/dev/null 2>&1 || exit 0\n${lines.join('\n')}`);
}
