import { FiredrillError, messageOf } from '../system/errors.ts';

/** Whether an error, or what a program said, means that the disk is full. */
export function isDiskFull(error: unknown): boolean {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')) return true;
  if (error instanceof Error && error.cause !== undefined && isDiskFull(error.cause)) return true;
  return /no space left on device|disk quota exceeded/i.test(messageOf(error));
}

/** What a person is told when the disk is full. What was finished stays and is used by the next run. */
export const diskFull = (folder: string, cause: unknown): FiredrillError =>
  new FiredrillError(`The disk is full: ${folder} cannot take the next part of the bundle.`, {
    code: 'disk-full',
    remedy:
      'Free some space (about 4 GB for a download, 14 GB for a build from Go modules), or set XDG_CACHE_HOME to a ' +
      "folder on a larger disk. Then run 'npx firedrill bundle build' again: what is finished is kept.",
    cause,
  });
