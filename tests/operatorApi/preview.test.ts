import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anApi, type Api } from '../armApi/api';
import { apiMonth, MONTH_VM } from './apiMonth';

const FLEET = join(__dirname, '..', '..', 'fleets', 'e2e.json');

interface Preview {
  readonly month: string;
  readonly vmCount: number;
  readonly matchedCount: number;
  readonly finish: { readonly p50Utc: string; readonly p95Utc: string; readonly lastUtc: string };
  readonly phases: readonly { readonly phase: string; readonly matchedCount: number }[];
  readonly shares: readonly { readonly largestRound: number; readonly limit: number }[];
  readonly heldCount: number;
  readonly ineligible: Readonly<Record<string, number>>;
  readonly value: readonly {
    readonly vmId: string;
    readonly phase: string;
    readonly expectedStartUtc: string;
    readonly heldUntilUtc: string | null;
  }[];
  readonly diff?: {
    readonly addedCount: number;
    readonly removed: readonly string[];
    readonly movedCount: number;
  };
}

describe('what happens next month', () => {
  let api: Api;
  const get = async (query = ''): Promise<Preview> =>
    (await api.send('GET', `/api/preview${query}`)).body as unknown as Preview;
  beforeAll(async () => {
    api = await apiMonth(anApi, 0);
    await api.pass(1);
  });
  afterAll(() => api.close());

  it('is the plan of the next release, VM by VM with dates, and asking changes nothing', async () => {
    const rollouts = async (): Promise<string> =>
      JSON.stringify((await api.send('GET', '/api/rollouts')).body);
    const before = await rollouts();
    const { month, vmCount, matchedCount, finish, shares, ineligible, value } = await get();
    expect([month, vmCount, matchedCount, value.length]).toEqual(['2026-12', 6, 6, 6]);
    expect(ineligible).toEqual({ patchModeNotPlatform: 1, excluded: 1 });
    expect(value.every(({ expectedStartUtc }) => expectedStartUtc >= '2026-12-08T18:00:00.000Z')).toBe(true);
    expect(finish.p50Utc <= finish.p95Utc && finish.p95Utc <= finish.lastUtc).toBe(true);
    expect(shares).toMatchObject([{ largestRound: 1, limit: 1 }]);
    expect(await rollouts()).toBe(before);
  });

  it('of the month that runs is what its rollout has planned', async () => {
    const { value } = await get('?month=2026-11');
    const why = (await api.send('GET', `/api/explain?id=${MONTH_VM}`)).body as unknown as {
      readonly place: { readonly phase: string; readonly expectedStartUtc: string };
    };
    const one = value.find(({ vmId }) => vmId === MONTH_VM.toLowerCase());
    expect(why.place).toMatchObject({ phase: one?.phase, expectedStartUtc: one?.expectedStartUtc });
  });

  it('for one VM, one subscription, one tag: the same month, with what is asked for counted', async () => {
    expect(await get(`?vm=${MONTH_VM}`)).toMatchObject({
      vmCount: 6,
      matchedCount: 1,
      value: [{ vmId: MONTH_VM.toLowerCase() }],
    });
    expect((await get('?tag=lowtide-power=alwaysOn')).matchedCount).toBe(5);
    expect((await get('?subscription=none')).matchedCount).toBe(0);
  });

  it('a VM that a freeze holds in its turn is expected after it', async () => {
    const frozen = {
      selector: { vm: MONTH_VM },
      from: '2026-12-08T00:00Z',
      to: '2026-12-24T00:00Z',
      reason: 'r',
      owner: 'o',
    };
    await api.send('PUT', '/api/freezes/december', frozen);
    const { heldCount, value } = await get(`?vm=${MONTH_VM}`);
    expect(heldCount).toBe(1);
    expect((value[0]?.expectedStartUtc ?? '') >= '2026-12-24T00:00:00.000Z').toBe(true);
    await api.send('DELETE', '/api/freezes/december');
  });

  it('is compared with the plan of the month before, with another policy and with another fleet file', async () => {
    const against = await get('?against=previousMonth');
    expect(against.diff).toMatchObject({ addedCount: 0, removed: [] });
    expect((await api.send('GET', '/api/preview?month=2026-11&against=previousMonth')).status).toBe(400);

    const post = async (body: unknown): Promise<{ status: number; body: Preview }> =>
      (await api.send('POST', '/api/preview', body)) as unknown as { status: number; body: Preview };
    expect((await post({ policy: {} })).body.diff).toMatchObject({
      addedCount: 0,
      removed: [],
      movedCount: 0,
    });
    const slower = await post({ policy: { bakeAfterCanarySeconds: 5 * 86_400 } });
    expect(slower.body.diff?.movedCount).toBeGreaterThan(0);
    const fleet = JSON.parse(readFileSync(FLEET, 'utf8')) as { virtualMachines: { name: string }[] };
    const less = {
      ...fleet,
      virtualMachines: fleet.virtualMachines.filter(({ name }) => name !== 'e2e-lone'),
    };
    expect((await post({ fleet: less })).body.diff).toMatchObject({
      addedCount: 0,
      removed: [MONTH_VM.toLowerCase()],
    });
    expect((await post({ policy: { bakeAfterCanarySecond: 1 } })).status).toBe(400);
    expect((await post({ fleet: { virtualMachines: 1 } })).status).toBe(400);
  });
});
