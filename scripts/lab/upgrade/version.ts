/** A version of Kubernetes' programs. */
export interface Version {
  major: number;
  minor: number;
  /** As the program says it: `v1.37.2`. */
  text: string;
}

/** The version in what a program says of itself: `Kubernetes v1.37.2`. Undefined where there is none. */
export function parseVersion(said: string): Version | undefined {
  const found = /\bv(\d+)\.(\d+)\.\d+[\w.+-]*/.exec(said);
  return found ? { major: Number(found[1]), minor: Number(found[2]), text: found[0] } : undefined;
}

/** How many minors `version` is behind `other`; negative where it is newer. Infinite across majors. */
export function minorsBehind(version: Version, other: Version): number {
  if (version.major !== other.major) return version.major < other.major ? Infinity : -Infinity;
  return other.minor - version.minor;
}
