import { anApi, type Api } from '../armApi/api';
import { apiMonth, MONTH_VM } from './apiMonth';

const named = (name: string): string => MONTH_VM.replace('e2e-lone', name);
const SET = MONTH_VM.replace('virtualMachines/e2e-lone', 'availabilitySets/as-e2e');

describe('a part of a rollout is paused, resumed and given up', () => {
  let api: Api;
  const decide = async (kind: string, scope: unknown): Promise<number> =>
    (await api.send('POST', `/api/rollouts/rollout-2026-11/${kind}`, { reason: 'Its owner asked.', scope }))
      .status;
  const outcomes = async (): Promise<Readonly<Record<string, string>>> => {
    const { value } = (await api.send('GET', '/api/rollouts/rollout-2026-11/virtual-machines'))
      .body as unknown as {
      readonly value: readonly { readonly vmId: string; readonly kind: string; readonly reason: string }[];
    };
    return Object.fromEntries(
      value.map(({ vmId, kind, reason }) => [vmId.split('/').at(-1) ?? '', `${kind} ${reason}`]),
    );
  };
  const installs = async (): Promise<readonly string[]> =>
    (
      (await api.send('GET', '/api/simulated/events')).body['value'] as unknown as {
        action: string;
        vm: string;
      }[]
    )
      .filter(({ action }) => action === 'installStarted')
      .map(({ vm }) => vm.split('/').at(-1) ?? '');

  beforeAll(async () => {
    api = await apiMonth(anApi, 0);
    await api.pass(1);
  });
  afterAll(() => api.close());

  it('INV-9: nothing starts in a region that a person paused, while the other one is patched', async () => {
    expect(await decide('pause', { region: 'West Europe' })).toBe(200);
    expect(await decide('pause', { region: 'westeurope' })).toBe(409); // it is paused already
    await api.pass(4 * 24 * 60);
    expect((await installs()).filter((vm) => !vm.startsWith('e2e-zonal'))).toEqual([]);
    expect((await outcomes())['e2e-zonal-1']).toMatch(/^(patched|upToDate)/);
    const why = (await api.send('GET', `/api/explain?id=${MONTH_VM}`)).body as unknown as {
      readonly state: string;
      readonly holds: readonly {
        readonly reason: string;
        readonly detail: string;
        readonly sinceUtc: string;
      }[];
    };
    expect([why.state, why.holds]).toEqual(['held', [expect.objectContaining({ reason: 'rolloutPaused' })]]);
    expect(why.holds[0]).toMatchObject({
      detail: 'A person paused region westeurope: Its owner asked.',
      sinceUtc: '2026-11-10T18:01:00.000Z',
    });
  });

  it('one VM is paused and one set is given up; the rest of the region goes on when it is resumed', async () => {
    expect(await decide('pause', { vm: named('e2e-lone') })).toBe(200);
    expect(await decide('skip', { availabilitySet: SET })).toBe(200);
    expect(await decide('resume', { region: 'westeurope' })).toBe(200);
    expect(await decide('resume', { region: 'westeurope' })).toBe(409);
    await api.pass(3 * 24 * 60);
    expect(await outcomes()).toMatchObject({
      'e2e-lone': 'deferred rolloutPaused',
      'e2e-set-1': 'skipped operatorSkipped',
      'e2e-set-2': 'skipped operatorSkipped',
      'e2e-off': 'deferred poweredOff',
    });
  });

  it('a VM that was paused is caught up when it is resumed, and all is in the audit', async () => {
    expect(await decide('resume', { vm: named('E2E-LONE') })).toBe(200);
    await api.pass(2 * 24 * 60);
    expect((await outcomes())['e2e-lone']).toMatch(/^patched/);
    const rows = (await api.send('GET', '/api/rollouts/rollout-2026-11/audit')).body['value'] as unknown as {
      readonly what: string;
      readonly subject: string;
    }[];
    const decisions = rows.filter(({ what }) => ['paused', 'resumed', 'skipped'].includes(what));
    expect(decisions.map(({ what, subject }) => `${what} ${subject}`)).toEqual([
      'paused region westeurope',
      'paused VM e2e-lone',
      'skipped availability set as-e2e',
      'resumed region westeurope',
      'resumed VM e2e-lone',
    ]);
  });

  it('INV-9: what is decided again in one instant, while a virtual clock stands still, holds', async () => {
    const region = { region: 'westeurope' };
    expect([await decide('pause', region), await decide('resume', region)]).toEqual([200, 200]);
    expect(await decide('pause', region)).toBe(200);
    expect(await decide('pause', region)).toBe(409); // it is paused
    expect([await decide('resume', region), await decide('cancel', region)]).toEqual([200, 200]);
    const { value } = (await api.send('GET', '/api/rollouts/rollout-2026-11/halts')).body as unknown as {
      readonly value: readonly { readonly asked?: unknown; readonly decision: { kind: string } | null }[];
    };
    const decisions = value.filter(({ asked }) => JSON.stringify(asked) === JSON.stringify(region));
    expect(decisions.map(({ decision }) => decision?.kind)).toContain('cancel');
    const rows = (await api.send('GET', '/api/rollouts/rollout-2026-11/audit')).body['value'] as unknown as {
      readonly what: string;
    }[];
    expect(rows.slice(-5).map(({ what }) => what)).toEqual([
      'paused',
      'resumed',
      'paused',
      'resumed',
      'cancelled',
    ]);
  });

  it('a scope that is none is refused', async () => {
    expect(await decide('pause', { regoin: 'eastus' })).toBe(400);
    expect(await decide('pause', { region: 'eastus', phase: 'phase-1' })).toBe(400);
  });
});
