import { execFile } from 'node:child_process';
import { join } from 'node:path';

export const fixtureLessons = join(import.meta.dirname, '../fixtures/lessons');
const main = join(import.meta.dirname, '../../scripts/main.ts');

export interface Said {
  code: number;
  out: string;
  error: string;
}

/** The real program on the fixture course, with a folder as its home and no terminal. */
export function runInFolder(
  folder: string,
  args: readonly string[],
  environment: Record<string, string> = {},
  /** A program, with its arguments, that runs it. */
  wrapper: readonly string[] = [],
): Promise<Said> {
  const env = {
    ...process.env,
    HOME: folder,
    XDG_STATE_HOME: join(folder, 'state'),
    FIREDRILL_LESSONS: fixtureLessons,
    LAMPS: join(folder, 'lamps'),
    ...environment,
  };
  return new Promise((resolve) => {
    const [file = '', ...rest] = [...wrapper, process.execPath, main, ...args];
    const child = execFile(file, rest, { env }, (failure, out, error) => {
      const code = failure ? Number(failure.code ?? 99) : 0;
      resolve({ code, out, error });
    });
    child.stdin?.end();
  });
}
