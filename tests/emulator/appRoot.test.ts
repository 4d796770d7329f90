import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startVirtual, testApp } from './support/testApp';

test("a folder made in the app's root after the start is reported, for the real host restarts; files and inner folders are not", async () => {
  const app = testApp('', {});
  mkdirSync(join(app.dir, '.lowtide'));
  const lines: string[] = [];
  const host = await startVirtual(app, { log: (line) => lines.push(line) });
  mkdirSync(join(app.dir, '.lowtide', 'inner'));
  writeFileSync(join(app.dir, 'notes.txt'), 'no folder');
  mkdirSync(join(app.dir, 'state'));
  await host.close();
  app.remove();
  expect(lines.filter((line) => line.includes('Directory change'))).toEqual([
    expect.stringMatching(/^warning: Directory change of type 'Created' detected for 'state'/),
  ]);
});
