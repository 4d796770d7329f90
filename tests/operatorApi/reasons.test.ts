import { anApi, type Api } from '../armApi/api';
import { apiMonth, MONTH_VM } from './apiMonth';

const LONG = 'No change in December. '.repeat(50_000);
const ROLLOUT = '/api/rollouts/rollout-2026-11';
const FREEZE = { selector: {}, from: '2026-11-20', to: '2026-11-22', owner: 'ops' };

/** Rows of the audit and of halts, which are read before each installation, hold the reasons that people give. */
describe('a reason of a megabyte', () => {
  let api: Api;
  beforeAll(async () => {
    api = await apiMonth(anApi, 0);
    await api.pass(1);
  });
  afterAll(() => api.close());

  it.each([
    ['a pause', 'POST', `${ROLLOUT}/pause`, { reason: LONG }],
    ['a pause of a region', 'POST', `${ROLLOUT}/pause`, { reason: LONG, scope: { region: 'westeurope' } }],
    ['a cancellation', 'POST', `${ROLLOUT}/cancel`, { reason: LONG }],
    ['a waiver', 'POST', `/api/virtual-machines/waive?id=${MONTH_VM}`, { reason: LONG }],
    ['a freeze', 'PUT', '/api/freezes/launch', { ...FREEZE, reason: LONG }],
    [
      'the owner of an exclusion',
      'PUT',
      '/api/exclusions/launch',
      { ...FREEZE, reason: 'A launch.', owner: LONG },
    ],
    ['a policy', 'PUT', `/api/policy?reason=${LONG.slice(0, 10_001)}`, { soak: 'PT20M' }],
    [
      'an emergency',
      'POST',
      '/api/rollouts',
      { kind: 'emergency', reason: LONG, patches: { kbIds: ['5040434'] }, dryRun: true },
    ],
  ] as const)('is refused and changes nothing: %s', async (_of, method, path, body) => {
    const audit = async (): Promise<unknown> => (await api.send('GET', '/api/audit?chain=operator')).body;
    const before = [(await api.send('GET', ROLLOUT)).body, await audit()];
    const { status, body: said } = await api.send(method, path, body);
    expect([status, said['code']]).toEqual([400, 'REQUEST_INVALID']);
    expect(JSON.stringify(said)).toContain('it has at most 10000 characters');
    expect([(await api.send('GET', ROLLOUT)).body, await audit()]).toEqual(before);
    expect(JSON.stringify(said).length).toBeLessThan(1000);
  });
});
