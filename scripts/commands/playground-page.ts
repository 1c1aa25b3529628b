import type { Context } from './context.ts';

/** Opens the page and stays until Ctrl-C, or until the playground is closed elsewhere. Who opened it closes it. */
export async function openPage(context: Context): Promise<void> {
  const { lab, signal } = context;
  const [{ openPlayground, closePlayground }, { servePage }] = await Promise.all([
    import('../playground/open.ts'),
    import('../playground/server.ts'),
  ]);
  const startedAt = Date.now();
  const { place, opened } = await openPlayground(lab, signal);
  try {
    const page = await servePage(place);
    try {
      if (context.json) context.printJson({ url: page.url });
      else {
        const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
        context.print(opened ? `Five members run after ${seconds} s.` : 'The playground was open already.');
        context.print(
          `Open ${page.url} in a browser. Ctrl-C ends the page${opened ? ' and removes the members' : ''}.`,
        );
      }
      await page.until(signal);
    } finally {
      await page.close();
    }
  } finally {
    if (opened) await closePlayground(lab);
  }
  if (!opened && signal.aborted && !context.json) {
    context.print("\nThe members go on. 'firedrill playground close' removes them.");
  }
  signal.throwIfAborted();
  if (!context.json) context.print('The playground was closed.');
}
