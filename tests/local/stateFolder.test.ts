import fs, { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeStateFolder } from '../../local/stateFolder';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'lowtide-state-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

test('a folder belongs to one process at a time, and a second one learns which', () => {
  const taken = takeStateFolder(join(home, 'serve'), { fresh: false });
  expect(() => takeStateFolder(join(home, 'serve'), { fresh: false })).toThrow(`process ${process.pid}`);
  taken.release();
  expect(() => {
    takeStateFolder(join(home, 'serve'), { fresh: false }).release();
  }).not.toThrow();
});

test('nothing is wiped while another process uses it', () => {
  const taken = takeStateFolder(join(home, 'start'), { fresh: true });
  writeFileSync(join(taken.path, 'kept'), '');
  expect(() => takeStateFolder(join(home, 'start'), { fresh: true })).toThrow('in use');
  expect(existsSync(join(taken.path, 'kept'))).toBe(true);
});

test('a fresh one begins empty; otherwise what was kept is there', () => {
  const first = takeStateFolder(join(home, 'start'), { fresh: false });
  writeFileSync(join(first.path, 'kept'), '');
  first.release();
  const second = takeStateFolder(join(home, 'start'), { fresh: false });
  expect(existsSync(join(second.path, 'kept'))).toBe(true);
  second.release();
  takeStateFolder(join(home, 'start'), { fresh: true });
  expect(existsSync(join(home, 'start', 'kept'))).toBe(false);
});

test('a lock left behind by a process that is gone is no obstacle', () => {
  const first = takeStateFolder(join(home, 'start'), { fresh: false });
  writeFileSync(join(first.path, 'running.pid'), '99999999');
  expect(() => takeStateFolder(join(home, 'start'), { fresh: false })).not.toThrow();
});

test('of two processes that find the same lock left behind at the same instant, one takes it', () => {
  const folder = join(home, 'start');
  const lock = join(folder, 'running.pid');
  takeStateFolder(folder, { fresh: false });
  writeFileSync(lock, '99999999');
  // The other one, a process that runs, takes the folder after this one has seen the old lock and before it puts it aside.
  const other = String(process.ppid);
  const rename = jest.spyOn(fs, 'renameSync').mockImplementationOnce((from, to) => {
    writeFileSync(lock, other);
    rename.mockRestore();
    fs.renameSync(from, to);
  });
  writeFileSync(join(folder, 'kept'), '');
  expect(() => takeStateFolder(folder, { fresh: true })).toThrow(`as process ${other}`);
  expect(fs.readFileSync(lock, 'utf8')).toBe(other);
  expect(fs.readdirSync(folder).sort()).toEqual(['kept', 'lowtide-state', 'running.pid']);
});

test('a disk that was full when a folder was taken does not keep it taken', () => {
  const write = jest.spyOn(fs, 'writeFileSync').mockImplementationOnce((lock) => {
    fs.closeSync(fs.openSync(String(lock), 'w')); // the name still finds room, its content does not
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  });
  try {
    expect(() => takeStateFolder(join(home, 'start'), { fresh: false })).toThrow(
      /start could not be written\. The disk is full\. Make room .*--state/,
    );
  } finally {
    write.mockRestore();
  }
  expect(() => takeStateFolder(join(home, 'start'), { fresh: false })).not.toThrow();
});

test('a folder that is not its own is never emptied', () => {
  const folder = join(home, 'documents');
  mkdirSync(folder);
  writeFileSync(join(folder, 'thesis'), '');
  expect(() => takeStateFolder(folder, { fresh: true })).toThrow('was not emptied');
  expect(existsSync(join(folder, 'thesis'))).toBe(true);
});

test('a folder that cannot be made is refused with what, why and how to fix it', () => {
  writeFileSync(join(home, 'file'), '');
  expect(() => takeStateFolder(join(home, 'file', 'state'), { fresh: false })).toThrow(
    /state could not be written\. .* a file\./,
  );
});

test('a folder on a read-only file system is reported as that, not as missing', () => {
  // As Node does: the plain call says EROFS, the recursive one ENOENT.
  const made = jest.spyOn(fs, 'mkdirSync').mockImplementation((_path, how) => {
    const code = typeof how === 'object' && how?.recursive === true ? 'ENOENT' : 'EROFS';
    throw Object.assign(new Error(code), { code });
  });
  try {
    expect(() => takeStateFolder(join(home, 'a', 'state'), { fresh: true })).toThrow(
      /state could not be written\. Its file system is read-only\. Name a folder .*--state/,
    );
  } finally {
    made.mockRestore();
  }
});

test('a file in the place of the folder is refused with what, why and how to fix it', () => {
  writeFileSync(join(home, 'file'), 'mine');
  for (const fresh of [true, false])
    expect(() => takeStateFolder(join(home, 'file'), { fresh })).toThrow(
      /file could not be written\. .* a file\. .*--state/,
    );
  expect(existsSync(join(home, 'file'))).toBe(true);
});
