/** What a presenter can do. A remote control for slides sends Page Up and Page Down. */
export type Press = 'next' | 'back' | 'shell' | 'again' | 'skip' | 'quit' | 'help';

const names: Readonly<Record<Press, readonly string[]>> = {
  next: ['space', 'return', 'right', 'pagedown'],
  back: ['b', 'left', 'pageup'],
  shell: ['s'],
  again: ['r'],
  skip: ['k'],
  quit: ['q'],
  help: ['?', 'h'],
};

const meanings: Readonly<Record<Press, string>> = {
  next: 'Space, Enter, →, Page Down  type the command; run it; go on. While it types: all at once',
  back: 'b, ←, Page Up               back to the step before',
  shell: "s                           off script: the lab's shell; 'exit' comes back here",
  again: 'r                           run the commands of this step again',
  skip: 'k                           run them without typing, and go on',
  quit: 'q                           stop; the next time goes on here',
  help: '?                           this',
};

const order: readonly Press[] = ['next', 'back', 'shell', 'again', 'skip', 'quit', 'help'];

export const presenterKeys: readonly { key: string; means: Press }[] = order.flatMap((means) =>
  names[means].map((key) => ({ key, means })),
);

export const presenterHelp: readonly string[] = order.map((press) => `  ${meanings[press]}`);
