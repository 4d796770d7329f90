import { anApi, type Api } from '../armApi/api';
import { apiMonth } from './apiMonth';

interface PolicyView {
  readonly version: number;
  readonly sets: Readonly<Record<string, unknown>>;
  readonly inForce: Readonly<Record<string, unknown>>;
}

describe('a policy that is applied', () => {
  let api: Api;
  const policy = async (): Promise<PolicyView> =>
    (await api.send('GET', '/api/policy')).body as unknown as PolicyView;
  const apply = (text: string, query = 'reason=Try.'): ReturnType<Api['send']> =>
    api.send('PUT', `/api/policy?${query}`, text);
  beforeAll(async () => {
    api = await apiMonth((options) => anApi({ ...options, environment: { LOWTIDE_SOAK: 'PT20M' } }), 0);
    await api.pass(1);
  });
  afterAll(() => api.close());

  it('is first what the deployment says', async () => {
    expect(await policy()).toMatchObject({
      version: 0,
      sets: {},
      inForce: { soak: 'PT20M', offPeakOpens: '22:00' },
    });
  });

  it('is compared before: what changes, for which rollout, and which VMs it moves', async () => {
    const { body } = await api.send('POST', '/api/policy/diff', 'bakeAfterCanary: P5D\nsoak: PT15M\n');
    expect(body).toMatchObject({
      changes: [
        { member: 'soak', before: 'PT20M', after: 'PT15M', touches: 'running' },
        { member: 'bakeAfterCanary', before: 'PT12H', after: 'P5D', touches: 'next' },
      ],
      touchesRunning: true,
    });
    expect((body['effect'] as unknown as { movedCount: number }).movedCount).toBeGreaterThan(0);
    expect(await policy()).toMatchObject({ version: 0 });
  });

  it('holds at once where it is read: a VM that the new tag excludes is not touched by the rollout that runs', async () => {
    const applied = await apply('excludeTag: lowtide-power\n', 'reason=The%20owners%20asked.&version=0');
    expect([applied.status, applied.body['version']]).toEqual([200, 1]);
    expect(await policy()).toMatchObject({
      version: 1,
      sets: { excludeTag: 'lowtide-power' },
      inForce: { soak: 'PT20M' },
    });
    const why = await api.send('GET', '/api/forecast');
    expect(why.body['rolloutId']).toBe('rollout-2026-11');
  });

  it('what a later file leaves out is of the deployment again, and a version that was replaced meanwhile is refused', async () => {
    expect((await apply('soak: PT30M\n', 'reason=r&version=0')).status).toBe(400);
    expect((await apply('soak: PT30M\n', 'reason=r&version=1')).status).toBe(200);
    expect(await policy()).toMatchObject({
      version: 2,
      sets: { soak: 'PT30M' },
      inForce: { soak: 'PT30M', excludeTag: 'lowtide-exclude' },
    });
    expect((await apply('soak: PT30M\n', 'version=2')).status).toBe(400); // no reason
    expect((await apply('soack: PT30M\n')).body['detail']).toContain(
      'line 1, column 1: there is no member soack; did you mean soak?',
    );
  });

  it('is kept by version, and who applied it and why is in the audit with what changed', async () => {
    const { value } = (await api.send('GET', '/api/policy/versions')).body as unknown as {
      value: { version: number; reason: string; text: string }[];
    };
    expect(value.map(({ version, text }) => [version, text])).toEqual([
      [2, 'soak: PT30M\n'],
      [1, 'excludeTag: lowtide-power\n'],
    ]);
    const rows = (await api.send('GET', '/api/audit?chain=operator')).body['value'] as unknown as {
      what: string;
      why: string;
      evidence: unknown;
    }[];
    expect(rows.find(({ what }) => what === 'policyApplied')).toMatchObject({
      why: 'The owners asked.',
      evidence: {
        changes: [
          { member: 'excludeTag', before: 'lowtide-exclude', after: 'lowtide-power', touches: 'running' },
        ],
      },
    });
  });

  it('is what the rollout is carried out by: the soak of its installations is that of the policy', async () => {
    await api.pass(2 * 24 * 60);
    const events = (await api.send('GET', '/api/simulated/events')).body['value'] as unknown as {
      at: string;
      action: string;
      vm: string;
    }[];
    const ended = events.find(({ action }) => action === 'installCompleted');
    const probes = events
      .filter(({ action, vm }) => action === 'healthProbed' && vm === ended?.vm)
      .map(({ at }) => Date.parse(at));
    const endedMs = Date.parse(ended?.at ?? '');
    // It is probed once more after the bake of its phase, half a day later.
    const ofSoak = probes.filter((at) => at < endedMs + 6 * 3_600_000);
    const soakMinutes = (Math.max(...ofSoak) - endedMs) / 60_000;
    expect(soakMinutes).toBeGreaterThanOrEqual(30);
    expect(soakMinutes).toBeLessThan(45);
  });
});
