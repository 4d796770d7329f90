import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppFolder } from './support/appFolder';
import { startHost, type Host } from './support/nativeHost';
import { start, testApp } from './support/testApp';

const SOURCE = `
import { readFileSync } from 'node:fs';
df.app.activity('isWritten', { handler: ({ mark, journal }: any) => ({ isWritten: readFileSync(journal, 'utf8').includes(mark) }) });
df.app.orchestration('asks', function* (ctx: any): any {
  const { journal } = ctx.df.getInput();
  let written = 0;
  for (let n = 0; n < 5; n += 1) {
    const { isWritten } = yield ctx.df.callActivity('isWritten', { mark: ctx.df.instanceId + ' asks ' + n, journal });
    if (isWritten) written += 1;
  }
  return { written };
});
`;

const IDS = Array.from({ length: 60 }, (_, i) => `i${i}`);

let app: AppFolder;
let folder: string;
let journal: string;

beforeAll(() => {
  app = testApp(SOURCE);
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commits-'));
  journal = join(folder, 'host.journal');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => {
  app.remove();
});

const open = (): Promise<Host> =>
  startHost({ appDir: app.dir, clock: { kind: 'real' }, store: { kind: 'journal', path: journal } });

const startAll = (host: Host): Promise<unknown> =>
  Promise.all(IDS.map((id) => start(host, 'asks', id, { journal })));

const outputs = (host: Host): unknown => IDS.map((id) => host.instance(id)?.output);

const ALL_WRITTEN = IDS.map(() => ({ written: 5 }));

test('no activity starts before the journal has what asks for it, though turns go on while it is written', async () => {
  const host = await open();
  try {
    await startAll(host);
    await host.idle();
    expect(outputs(host)).toEqual(ALL_WRITTEN);
  } finally {
    await host.close();
  }
});

test('what has been accepted goes on where it was when the host closes in the middle', async () => {
  const first = await open();
  await startAll(first);
  await first.close();
  const second = await open();
  try {
    await second.idle();
    expect(outputs(second)).toEqual(ALL_WRITTEN);
  } finally {
    await second.close();
  }
});
