import type { Versioning } from '../settings';

/**
 * Whether a host advances an instance of this version. Without a `defaultVersion` of its own it does not look at versions.
 */
export function mayAdvance({ hostVersion, match }: Versioning, version: string | null): boolean {
  if (match === 'None' || isNone(hostVersion)) return true;
  const order = compareVersions(version, hostVersion);
  return match === 'Strict' ? order === 0 : order <= 0;
}

/**
 * The extension's rules: no version is older than any; numbers between dots compare as numbers (`1.10` is newer than `1.9`), two to
 * four of them; anything else compares as text without regard to case.
 */
function compareVersions(a: string | null, b: string | null): number {
  if (isNone(a) || isNone(b)) return Number(!isNone(a)) - Number(!isNone(b));
  const [left, right] = [partsOf(a), partsOf(b)];
  if (left === undefined || right === undefined) {
    const [x, y] = [a.toLowerCase(), b.toLowerCase()];
    return x < y ? -1 : Number(x > y);
  }
  for (let i = 0; i < 4; i += 1) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

function isNone(version: string | null): version is null {
  return version === null || version.trim() === '';
}

function partsOf(version: string): readonly number[] | undefined {
  return /^\d+(?:\.\d+){1,3}$/.test(version) ? version.split('.').map(Number) : undefined;
}
