import { healthFrom, type HealthSignals } from '../../domain/health';
import type { PatchInstallationSummary } from '../../domain/patches';
import { signalsOf, type HealthFacts, type HealthSettings } from '../../drivers/azure/health';
import { instanceViewOf } from '../../drivers/azure/instanceView';
import { anAssessment, anInstallation } from '../support/fakeDriver';

const NOW = '2026-11-13T06:00:00.000Z';
const ENDED = '2026-11-13T05:30:00.000Z';
const CAREFUL: HealthSettings = { resourceHealth: 'veto', heartbeat: 'reportTime' };

const running = (over: object = {}): HealthFacts['view'] =>
  instanceViewOf({
    statuses: [{ code: 'ProvisioningState/succeeded' }, { code: 'PowerState/running' }],
    vmAgent: {
      vmAgentVersion: '2.7.41491.1083',
      statuses: [
        { code: 'ProvisioningState/succeeded', displayStatus: 'Ready', time: '2026-11-13T05:59:30+00:00' },
      ],
    },
    ...over,
  });
const says = (state: string): HealthFacts['resourceHealth'] => ({
  status: 200,
  headers: {},
  body: { properties: { availabilityState: state } },
});
const facts = (over: Partial<HealthFacts> = {}): HealthFacts => ({
  view: running(),
  installation: null,
  resourceHealth: says('Available'),
  nowUtc: NOW,
  ...over,
});
const answer = (over: Partial<HealthFacts>, settings: Partial<HealthSettings> = {}): string =>
  healthFrom(signalsOf(facts(over), { ...CAREFUL, ...settings })).answer;
const installed = (over: Partial<PatchInstallationSummary> = {}): PatchInstallationSummary =>
  anInstallation({ status: 'Succeeded', lastModifiedTime: ENDED, rebootStatus: 'Completed', ...over });

describe('health of a VM of Azure', () => {
  it('is healthy when it runs, its agent is ready and has reported since the installation, and nothing objects', () => {
    expect(answer({ installation: installed() })).toBe('healthy');
  });

  it('an agent whose last report is from before the end of the installation proves nothing of the system after it', () => {
    const late = installed({ lastModifiedTime: '2026-11-13T05:59:45.000Z' });
    expect(answer({ installation: late })).toBe('unknown');
    expect(answer({ installation: late }, { heartbeat: 'ready' })).toBe('healthy');
  });

  it('an agent that reported last a quarter of an hour ago is silent', () => {
    expect(answer({ nowUtc: '2026-11-13T06:14:00.000Z' })).toBe('healthy');
    expect(answer({ nowUtc: '2026-11-13T06:16:00.000Z' })).toBe('unknown');
    expect(answer({ view: running({ vmAgent: { statuses: [{ displayStatus: 'Ready' }] } }) })).toBe(
      'unknown',
    );
  });

  it.each<[string, HealthFacts['resourceHealth'], string, string]>([
    ['Unavailable', says('Unavailable'), 'unhealthy', 'unhealthy'],
    ['Degraded', says('Degraded'), 'unhealthy', 'unhealthy'],
    ['Unknown', says('Unknown'), 'healthy', 'unknown'],
    ['403', { status: 403, headers: {}, body: null }, 'healthy', 'unknown'],
  ])(
    'Resource Health objects, and proves nothing unless it is required: %s',
    (_what, said, veto, required) => {
      expect([
        answer({ resourceHealth: said }),
        answer({ resourceHealth: said }, { resourceHealth: 'required' }),
        answer({ resourceHealth: said }, { resourceHealth: 'off' }),
      ]).toEqual([veto, required, 'healthy']);
    },
  );

  it.each([
    ['Healthy', 'healthy'],
    ['Unhealthy', 'unhealthy'],
    ['Unknown', 'unknown'],
    ['Initializing', 'unknown'],
  ])('where Application Health is installed the application has the last word: %s', (state, expected) => {
    const vmHealth = { status: { code: `HealthState/${state}` } };
    expect(answer({ view: running({ vmHealth }) })).toBe(expected);
  });

  it('a VM that is off has no signals but that', () => {
    expect(answer({ view: running({ statuses: [{ code: 'PowerState/deallocated' }] }) })).toBe('stopped');
  });

  const before = anAssessment({ rebootPending: true, lastModifiedTime: '2026-11-13T05:00:00.000Z' });
  const after = { ...before, lastModifiedTime: '2026-11-13T05:45:00.000Z' };
  it.each<
    [string, PatchInstallationSummary['rebootStatus'] | null, typeof before | null, HealthSignals['reboot']]
  >([
    ['was not to come', 'Required', null, 'pending'],
    ['is asked for by an assessment alone', null, before, 'pending'],
    ['was done after it was asked for', 'Completed', before, 'completed'],
    ['is asked for again after one was done', 'Completed', after, 'pending'],
    ['was done by its owner since', 'Required', { ...after, rebootPending: false }, 'none'],
    ['is not needed', 'NotNeeded', null, 'none'],
    ['failed', 'Failed', null, 'unknown'],
    ['goes on', 'Started', null, 'inProgress'],
  ])('a pending reboot shows, and is no fault: one that %s', (_what, rebootStatus, assessment, expected) => {
    const view = { ...running(), lastAssessment: assessment };
    const installation = rebootStatus === null ? null : installed({ rebootStatus });
    const signals = signalsOf(facts({ view, installation }), CAREFUL);
    expect(signals.reboot).toBe(expected);
    const isFault = expected === 'unknown' || expected === 'inProgress';
    expect(healthFrom(signals).answer).toBe(isFault ? 'unknown' : 'healthy');
  });
});
