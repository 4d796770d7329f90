import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LowtideError } from '../../domain/lowtideError';
import { checkOutputs, writeJson, writeOutput } from '../../local/writeOutput';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lowtide-output-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function refusalOf(work: () => void): LowtideError {
  try {
    work();
  } catch (error) {
    if (error instanceof LowtideError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

/** A disk that is full after the first part. */
function fullDisk(): { write: () => void } {
  let writes = 0;
  return {
    write() {
      writes += 1;
      if (writes > 1) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    },
  };
}

const large = (): string[] => ['x'.repeat(1_000_000), 'y'.repeat(1_000_000)];

test('a file is written in full, and nothing is left beside it', () => {
  const path = join(folder, 'report.json');
  writeJson(path, { clean: true });
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ clean: true });
  expect(readdirSync(folder)).toEqual(['report.json']);
});

test('a full disk leaves no half file, and the file that was there as it was', () => {
  const path = join(folder, 'report.json');
  writeFileSync(path, 'of last month');
  const { code, detail } = refusalOf(() => {
    writeOutput(path, large(), fullDisk());
  });
  expect([code, detail.why]).toEqual(['OUTPUT_FAILED', 'The disk is full.']);
  expect(detail.what).toContain(path);
  expect(readFileSync(path, 'utf8')).toBe('of last month');
  expect(readdirSync(folder)).toEqual(['report.json']);
});

test('a folder that is not there, and one that is a file, are distinguished from a full disk', () => {
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'sub'));
  const why = (name: string): string =>
    refusalOf(() => {
      writeJson(join(folder, name), {});
    }).detail.why;
  expect(why('missing/report.json')).toBe('Its folder does not exist.');
  expect(why('file/report.json')).toBe('What should be its folder is a file.');
});

test('what cannot be written is known before the work, of any of its files; what can stays as it is', () => {
  writeFileSync(join(folder, 'report.json'), 'of last month');
  const files = [join(folder, 'report.json'), undefined, join(folder, 'events.jsonl')];
  checkOutputs(...files);
  const refused = ['missing/audit.jsonl', '.'].map((name) =>
    refusalOf(() => {
      checkOutputs(...files, join(folder, name));
    }),
  );
  expect(refused.map(({ code, detail }) => [code, detail.why])).toEqual([
    ['OUTPUT_FAILED', 'Its folder does not exist.'],
    ['OUTPUT_FAILED', 'It is a folder.'],
  ]);
  expect([readdirSync(folder), readFileSync(join(folder, 'report.json'), 'utf8')]).toEqual([
    ['report.json'],
    'of last month',
  ]);
});

const hasFullDevice = existsSync('/dev/full');

test('a device takes it directly, and a full one is an error', () => {
  // Only Linux has this device; elsewhere the same refusal is held by the full disk above.
  const device = hasFullDevice ? '/dev/full' : join(folder, 'sub');
  if (!hasFullDevice) mkdirSync(device);
  expect(
    refusalOf(() => {
      writeJson(device, {});
    }).code,
  ).toBe('OUTPUT_FAILED');
});
