import { tmpdir } from 'node:os';
import { once, EventEmitter } from 'node:events';
import { checkRoom, freeBytes, watchRoom } from '../../local/diskSpace';

const MEBIBYTE = 1_048_576;

test('a disk that a month would fill is refused before anything is started', async () => {
  await expect(checkRoom('/data', () => Promise.resolve(20 * MEBIBYTE))).rejects.toThrow(
    'There is no space left in /data. Its disk has 20 MiB free',
  );
  await expect(checkRoom('/data', () => Promise.resolve(2_000 * MEBIBYTE))).resolves.toBeUndefined();
});

test('a disk that fills up is noticed while the app runs', async () => {
  const full = new EventEmitter();
  let free = 500 * MEBIBYTE;
  const end = watchRoom(
    '/data',
    (error) => full.emit('full', error),
    () => Promise.resolve(free),
  );
  const reported = once(full, 'full');
  free = MEBIBYTE;
  expect(String(await reported)).toContain('no space left in /data');
  end();
});

test('the room of a real folder is a number of bytes', async () => {
  expect(await freeBytes(tmpdir())).toBeGreaterThan(0);
});
