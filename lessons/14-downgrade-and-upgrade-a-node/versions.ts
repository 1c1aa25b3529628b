import type { Lab } from '../../scripts/lab/lab.ts';
import { parseVersion, type Version } from '../../scripts/lab/upgrade/version.ts';
import { olderKubelet } from './half-way.ts';

/** The version of the older kubelet on w2, with the `v` and without it. Undefined where the program does not say. */
export async function versionOfOlderKubelet(lab: Lab): Promise<string[] | undefined> {
  const { stdout } = await lab.on('w2', `${olderKubelet} --version`);
  const text = parseVersion(stdout)?.text;
  return text === undefined ? undefined : [text, text.slice(1), `Kubernetes ${text}`];
}

/** The minor that is so many behind the API server's, as somebody may write it: `1.34`, `v1.34`, `1.34.0`. */
export const minorBehindApiServer =
  (behind: number) =>
  async (lab: Lab): Promise<string[] | undefined> => {
    const { gitVersion } = await lab.kubernetes.get<{ gitVersion?: string }>('/version');
    return waysToWrite(parseVersion(gitVersion ?? ''), behind);
  };

export function waysToWrite(version: Version | undefined, behind: number): string[] | undefined {
  if (!version) return undefined;
  const minor = `${version.major}.${version.minor - behind}`;
  return [minor, `v${minor}`, `${minor}.0`, `v${minor}.0`];
}
