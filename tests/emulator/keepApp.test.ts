import type { Host } from './support/nativeHost';
import type { AppFolder } from './support/appFolder';
import { minutes, start, startVirtual, testApp } from './support/testApp';

const SOURCE = `
let runs = 0;
df.app.activity('count', { handler: () => { runs += 1; return { runs }; } });
df.app.orchestration('once', function* (ctx: any): any { return yield ctx.df.callActivity('count', {}); });
`;

let app: AppFolder;
beforeAll(() => {
  app = testApp(SOURCE);
});
afterAll(() => {
  app.remove();
});

const runsSeenBy = async (keepApp: boolean): Promise<unknown> => {
  const host: Host = await startVirtual(app, { keepApp });
  await start(host, 'once', 'o');
  await host.runUntil(minutes(1));
  const output = host.instance('o')?.output;
  await host.close();
  return output;
};

describe('an app', () => {
  it('that is kept has in memory what it had; one that is loaded afresh begins again, and so does the next one that is kept', async () => {
    const seen: unknown[] = [];
    for (const keep of [true, true, false, true, true]) seen.push(await runsSeenBy(keep));
    expect(seen).toEqual([{ runs: 1 }, { runs: 2 }, { runs: 1 }, { runs: 1 }, { runs: 2 }]);
  });
});
