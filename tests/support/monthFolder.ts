import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Names files of a folder that is there for the tests of this block. What a month says while it runs is not shown. */
export function monthFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-month-'));
  beforeAll(() => {
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterAll(() => {
    jest.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });
  return (name) => join(folder, name);
}
