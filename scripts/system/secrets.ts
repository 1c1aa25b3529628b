/** Names whose value nobody else should read. The token of an etcd cluster is a name, and no secret. */
const secretName =
  /(?:pass(?:word|wd|phrase)|(?<!cluster[-_])token|secret|credential|(?:api|access|private|signing|encryption)[-_]?key)[\w-]*/
    .source;
/** A word, or what is in quotes. A variable (`$TOKEN`) tells nothing, and `***` is masked already. */
const value = /(?!\*\*\*|"?\$(?:\(|\{?\w+\}?(?:["\s;]|$)))(?:\\?"[^"]*"|'[^']*'|\S+)/.source;

const masks: readonly (readonly [RegExp, string])[] = [
  [/(-----BEGIN [A-Z ]*PRIVATE KEY-----)[\s\S]*?(-----END|$)/g, '$1***$2'],
  // `password: x`, `TOKEN=x`, `"secret": "x"`.
  [new RegExp(`(${secretName}\\\\?["']?\\s*[=:]\\s*)${value}`, 'gi'), '$1***'],
  [new RegExp(`(\\b[A-Z][A-Z0-9_]*_KEY=)(?!["']?/)${value}`, 'g'), '$1***'],
  [new RegExp(`((?<![\\w-])--?(?:password|passwd|token|secret|api-key)\\s+)${value}`, 'gi'), '$1***'],
  [/(\bBearer\s+|\b[Aa]uthorization:\s*[Bb]asic\s+)(?!\*)[\w+/.~=-]+/g, '$1***'],
  // curl's user and password, and those in an address.
  [/((?:^|\s)(?:-u|--user)[\s=]*["']?[^\s:"']+:)(?!\*)[^\s"']+/g, '$1***'],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:)(?!\*)[^\s/@]+(?=@)/gi, '$1***'],
  // A bootstrap token of Kubernetes: its first half is a name.
  [/\b([a-z0-9]{6}\.)[a-z0-9]{16}\b/g, '$1***'],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g, '***'],
  [/(\b[\w-]*key-data["']?\s*:\s*)(?!\*)\S+/g, '$1***'],
  // A line of a key as PEM has it: not a sum, which has no capital letters.
  [/^(?=.*[A-Z])(?=.*[a-z])[A-Za-z0-9+/]{60,}={0,2}$/gm, '***'],
];
const literals = new RegExp(`(--from-literal[= ][^=\\s]+=)${value}`, 'g');

/** A text without the passwords, tokens and keys that are known by their name or their form. Masking twice changes nothing. */
export function masked(text: string): string {
  const known = masks.reduce((sofar, [secret, mask]) => sofar.replace(secret, mask), text);
  return /\bcreate\s+secret\b/.test(known) ? known.replace(literals, '$1***') : known;
}

/** A value as JSON, in which every text is masked. */
export const maskedJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? masked(part) : part));
