import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Longer, and the difference is not read. */
const LINES_MAX = 150;

/** Holds a text that people read against the file in tests/golden/. `UPDATE_GOLDEN=1` rewrites it: read what changed before you commit. */
export function expectGolden(name: string, text: string): void {
  const path = join(__dirname, '..', 'golden', name);
  expect(text.split('\n').length).toBeLessThan(LINES_MAX);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  if (!existsSync(path)) throw new Error(`There is no tests/golden/${name}. UPDATE_GOLDEN=1 writes it.`);
  expect(text).toBe(readFileSync(path, 'utf8'));
}
