import { join } from 'node:path';
import { Month } from '../../domain/ids';
import { defaultPolicy } from '../../domain/policy';
import { makerHere, ThreadMaker, type PreviewMaker } from '../../operatorApi/previewMaker';
import type { MonthQuestion, PreviewRequest } from '../../operatorApi/previewer';
import { vmsOf } from '../support/builders';

/** As it is built: a thread does not load TypeScript. */
const SCRIPT = join(__dirname, '..', '..', 'dist', 'operatorApi', 'previewThread.js');

const month: MonthQuestion = {
  month: Month.parse('2026-12'),
  policy: defaultPolicy,
  freezes: [],
  nowUtc: '2026-12-08T18:00:00.000Z',
  budgetsDown: {},
};
const page = { selector: { region: 'westus' }, after: 1, take: 5 };
const requests: readonly PreviewRequest[] = [
  { kind: 'page', month, page },
  {
    kind: 'diff',
    before: month,
    after: { ...month, policy: { ...defaultPolicy, bakeAfterCanarySeconds: 500_000 } },
  },
];

const vms = vmsOf(40, (n) => ({ region: n % 3 === 0 ? 'westus' : 'eastus' }));

async function give(maker: PreviewMaker): Promise<void> {
  void maker.ask({ kind: 'fleet', vms: vms.slice(0, 25), isLast: false });
  await maker.ask({ kind: 'fleet', vms: vms.slice(25), isLast: true });
}

describe('a thread that makes previews', () => {
  test('answers what would be answered here, and says in the same words what is refused', async () => {
    const [here, thread] = [makerHere(), new ThreadMaker(SCRIPT)];
    try {
      await give(here);
      await give(thread);
      for (const request of requests) {
        const said = await here.ask(request);
        expect(await thread.ask(request)).toEqual(said);
        expect(said.answer?.body['value'] ?? said.diff?.moved).not.toEqual([]);
      }
      const broken: PreviewRequest = { kind: 'file', month, before: month, file: '{"no":1}', page };
      await expect(thread.ask(broken)).rejects.toMatchObject({ code: 'FLEET_MALFORMED' });
      await expect(here.ask(broken)).rejects.toMatchObject({ code: 'FLEET_MALFORMED' });
    } finally {
      await thread.close();
    }
  });

  test('that has ended fails what waits for it, and is known to have ended', async () => {
    const thread = new ThreadMaker(SCRIPT);
    const waiting = thread.ask({ kind: 'page', month, page });
    await thread.close();
    await expect(waiting).rejects.toThrow('has ended');
    expect(thread.hasEnded).toBe(true);
  });
});
