import type { Context } from './context.ts';
import { openFor } from './playground-setting.ts';

/** Opens the page and stays until Ctrl-C, or until the playground is closed elsewhere. Who opened it closes it. */
export async function openPage(context: Context): Promise<void> {
  const { lab, signal } = context;
  const { place, opened } = await openFor(context);
  const [{ closePlayground }, { servePage }] = await Promise.all([
    import('../playground/open.ts'),
    import('../playground/server.ts'),
  ]);
  try {
    const page = await servePage(place);
    try {
      const end = opened ? ' and removes the members' : '';
      if (context.json) context.printJson({ url: page.url });
      else context.print(`Open ${page.url} in a browser. Ctrl-C ends the page${end}.`);
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
