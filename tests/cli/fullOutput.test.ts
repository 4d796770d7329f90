import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const LOWTIDE = join(ROOT, 'dist', 'cli', 'lowtide.js');

/** Only Linux has a device that is always full. */
const FULL = '/dev/full';

test('output that a full disk did not take is an error, with the reason, and exit code 1', () => {
  if (!existsSync(FULL)) return;
  const command = `exec "${process.execPath}" "${LOWTIDE}" plan --fleet fleets/e2e.json --month 2026-11 > ${FULL}`;
  const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: ROOT, encoding: 'utf8' });
  expect(stderr).toMatch(
    /^error: Standard output could not be written\.\n {2}why: The disk is full\.\n {2}fix: /m,
  );
  expect(stderr).not.toMatch(/\n {4}at /);
  expect(status).toBe(1);
});
