import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';

/**
 * The files under `dir` that `pattern` (the "main" of a package.json) names, sorted: alternatives in braces in their
 * order, then by path, so that the order of registration does not depend on the file system.
 */
export function filesMatching(dir: string, pattern: string): string[] {
  const found = new Set<string>();
  for (const alternative of alternatives(pattern.replace(/^\.\//, ''))) {
    if (!/[*?]/.test(alternative)) {
      found.add(join(dir, alternative));
      continue;
    }
    const literal = alternative.split('/').slice(0, -1);
    const firstWild = literal.findIndex((segment) => /[*?]/.test(segment));
    const root = join(dir, ...(firstWild < 0 ? literal : literal.slice(0, firstWild)));
    const matches = toRegExp(alternative);
    for (const path of walk(root)) {
      if (
        matches.test(
          path
            .slice(dir.length + 1)
            .split(sep)
            .join('/'),
        )
      )
        found.add(path);
    }
  }
  return [...found];
}

function alternatives(pattern: string): string[] {
  const braces = /\{([^{}]*)\}/.exec(pattern);
  if (!braces) return [pattern];
  return (braces[1] ?? '').split(',').flatMap((choice) => alternatives(pattern.replace(braces[0], choice)));
}

function toRegExp(glob: string): RegExp {
  const body = glob
    .replace(/[.+^$()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/|\*|\?/g, (token) =>
      token === '**/' ? '(?:[^/]+/)*' : token === '*' ? '[^/]*' : '[^/]',
    );
  return new RegExp(`^${body}$`);
}

function walk(dir: string): string[] {
  let names: string[];
  try {
    names = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
  return names.map((name) => join(dir, name)).sort();
}
