import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idOf, steeredMonth, type SteeredMonth } from '../operatorApi/steeredMonth';
import { typed } from './typed';

const ROLLOUT = 'rollout-2026-11';
const POLICY = {
  phasesMin: 2,
  canaryRegions: ['northeurope'],
  approvals: [{ before: { phase: 2 }, validHours: 48 }],
  hooks: [{ name: 'change', on: 'beforeRound', answerMinutes: 10_080 }],
};
const REASON = ['--reason', 'Its owner asked.'];
const MEANT = [...REASON, '--yes'];
const SPAN = ['--from', '2026-12-20', '--to', '2027-01-02', '--owner', 'ops', ...REASON];
const APPROVED = { approvals: [{ phase: 'phase-2', state: 'approved' }] };

/** Each decision that a person can take, in an order in which each of them is possible, and what its answer has. ASK and POLICY stand for what is found or written first. */
const DECISIONS: readonly (readonly [words: string, rest: readonly string[], has: object])[] = [
  ['hooks answer ASK no', REASON, { hook: 'change', answer: { go: false, why: 'Its owner asked.' } }],
  ['rollouts approve --phase phase-2', MEANT, { id: ROLLOUT, ...APPROVED }],
  ['rollouts withdraw --phase phase-2', MEANT, { approvals: [{ phase: 'phase-2', state: 'withdrawn' }] }],
  ['rollouts reject --phase phase-2', MEANT, { approvals: [{ phase: 'phase-2', state: 'rejected' }] }],
  ['rollouts pause', MEANT, { id: ROLLOUT, state: 'paused' }],
  ['rollouts resume', MEANT, { id: ROLLOUT, state: 'running' }],
  [
    'rollouts skip --vm late-2',
    MEANT,
    { halts: [{ asked: { vm: idOf('late-2') }, decision: { kind: 'skip' } }] },
  ],
  ['freeze add launch', SPAN, [{ id: 'launch', state: 'planned' }]],
  ['freeze remove launch', REASON, { id: 'launch' }],
  ['exclude add one --vm late-3', SPAN, [{ id: 'one', selector: { vm: idOf('late-3') } }]],
  ['exclude remove one', REASON, { id: 'one' }],
  ['policy apply POLICY', MEANT, { version: 2, sets: { phasesMin: 2, bakeAfterCanary: 'P5D' } }],
  ['rollouts take-over', MEANT, { id: ROLLOUT }],
  ['take-over', MEANT, { id: ROLLOUT }],
  ['emergency --package openssl', MEANT, { id: `${ROLLOUT}-e1` }],
  ['rollouts cancel --vm late-1', MEANT, { id: ROLLOUT, state: 'running' }],
  ['rollouts cancel', MEANT, { id: ROLLOUT, state: 'cancelling' }],
];

describe('a decision with --json', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-decisions-'));
  let month: SteeredMonth;
  const words: Record<string, string> = { POLICY: join(folder, 'policy.json') };
  const asJson = async (...args: readonly string[]): Promise<unknown> => {
    const { code, out, err } = await typed(...args, '--json', '--url', month.api.host.baseUrl);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`);
    return JSON.parse(out) as unknown;
  };

  beforeAll(async () => {
    const vms = ['first', 'late-1', 'late-2', 'late-3'].map((name) => ({
      name,
      region: name === 'first' ? 'northeurope' : 'eastus',
    }));
    month = await steeredMonth(vms, POLICY, { port: 0 });
    await month.days(1);
    writeFileSync(words['POLICY'] ?? '', JSON.stringify({ ...POLICY, bakeAfterCanary: 'P5D' }));
    const [asked] = (await asJson('hooks')) as { ask: string }[];
    words['ASK'] = asked?.ask ?? '';
  });
  afterAll(async () => {
    await month.api.close();
    rmSync(folder, { recursive: true });
  });

  it.each(DECISIONS)('%s: its answer is JSON, and nothing else is written', async (command, rest, has) => {
    const args = command.split(' ').map((word) => words[word] ?? word);
    expect(await asJson(...args, ...rest)).toMatchObject(has);
  });
});
