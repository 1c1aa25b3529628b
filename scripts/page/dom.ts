// What the scripts of all pages share. It runs in the browser.
// What users typed, and what a cluster answered, is only ever set as text, never as markup.

/** The element of an id, which must be there and of that kind. */
export function byId<T extends Element>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`The page has no #${id}.`);
}

/** What calls of the program must show: see scripts/page/same-origin.ts. */
export const pageToken = (): string =>
  document.querySelector<HTMLMetaElement>('meta[name="firedrill-token"]')?.content ?? '';

const svgNamespace = 'http://www.w3.org/2000/svg';

export function svg(name: string, attributes: Record<string, string | number>, text?: string): SVGElement {
  const element = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}
