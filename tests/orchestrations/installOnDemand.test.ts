import type { InstallOrder } from '../../activities/contracts';
import type { HealthAnswer } from '../../domain/health';
import { installOnDemand } from '../../orchestrations/installOnDemand';
import { aSet } from '../support/builders';
import { aDisruption } from '../support/claims';
import { anInstallation } from '../support/fakeDriver';
import { after, failsAfter, replay, type Run } from '../support/replay';
import { pace, vmId } from '../support/rolloutScene';
import type { Scene } from '../support/scene';

const NOON = '2026-11-12T17:00:00.000Z';
const TOMORROW = '2026-11-13T17:00:00.000Z';
const summary = anInstallation({ status: 'Succeeded', installedPatchCount: 3 });

const order: InstallOrder = {
  maximumDurationMinutes: 120,
  rebootSetting: 'IfRequired',
  classificationsToInclude: ['Critical'],
  maxPatchPublishDate: null,
  kbNumbersToExclude: ['5001'],
};

const inSet = aDisruption({ zone: null, availabilitySetId: aSet('web'), updateDomain: 2, shareMax: 1 });

interface Given {
  readonly children?: Scene['children'];
  readonly activities?: Scene['activities'];
  readonly health?: HealthAnswer;
  readonly disruption?: ReturnType<typeof aDisruption>;
  readonly ifBusy?: 'wait' | 'fail';
}

function install(given: Given = {}): Promise<Run> {
  const { health = 'healthy', disruption = aDisruption(), ifBusy = 'wait' } = given;
  return replay(installOnDemand, {
    instanceId: 'install-1',
    nowUtc: NOON,
    input: {
      vmId,
      order,
      by: 'a person',
      disruption,
      ledger: 'eastus',
      ifBusy,
      waitUntilUtc: TOMORROW,
      pace,
    },
    activities: {
      startOrderedInstall: () => ({ kind: 'started', deadlineUtc: '2026-11-12T19:00:00.000Z' }),
      probeHealth: (_input, atUtc) => ({
        answer: health,
        because: health === 'healthy' ? '' : 'sick',
        atUtc,
      }),
      ...given.activities,
    },
    children: {
      awaitClaim: () => ({ granted: true, rules: [] }),
      awaitInstall: () => after(1800, { summary }),
      ...given.children,
    },
    entities: { disruptionLedger: () => ({ released: true }) },
  });
}

const impairedIn = (run: Run): unknown =>
  (run.of('disruptionLedger.release')[0] as { impaired: unknown[] }).impaired;

describe('an installation that a person asked for', () => {
  it('takes its claim, installs, watches the health of the VM, signals its entity, and only then lets go', async () => {
    const { names, output } = await install();
    expect(names).toEqual([
      ...['awaitClaim', 'startOrderedInstall', 'virtualMachine.apply', 'awaitInstall'],
      ...['probeHealth', 'probeHealth', 'probeHealth', 'probeHealth'],
      ...['virtualMachine.apply', 'disruptionLedger.release'],
    ]);
    expect(output).toEqual({ summary, health: { answer: 'healthy', because: '' }, error: null });
  });

  it('INV-1, INV-2, INV-3: asks the ledger for the place of this one VM, before the rollouts that wait', async () => {
    const run = await install({ disruption: inSet });
    expect(run.of('awaitClaim')).toMatchObject([
      { kind: 'onDemand', ledger: 'eastus', disruption: inSet, deadlineUtc: TOMORROW, claimId: 'install-1' },
    ]);
  });

  it('is bound by no window: it starts in the middle of the day, with everything that was ordered', async () => {
    const [start] = (await install()).of('startOrderedInstall');
    expect(start).toMatchObject({ order, claim: { claimId: 'install-1' }, sinceUtc: NOON });
  });

  it('waits for its place, in parts, so that a claim never outlives a dead holder by much', async () => {
    let asked = 0;
    const run = await install({
      children: {
        awaitClaim: ({ untilUtc }, _id, nowUtc) => {
          asked += 1;
          const seconds = (Date.parse(untilUtc) - Date.parse(nowUtc)) / 1000;
          return asked < 3
            ? after(seconds, { granted: false, rules: ['zones'] })
            : { granted: true, rules: [] };
        },
      },
    });
    const expiries = run.of('awaitClaim').map((input) => (input as { closesUtc: string }).closesUtc);
    expect(expiries).toHaveLength(3);
    expect(new Set(expiries).size).toBe(3);
    expect(run.output).toMatchObject({ error: null });
  });

  it('asks once and gives up when it is not to wait, and takes its ticket back', async () => {
    const run = await install({
      ifBusy: 'fail',
      children: { awaitClaim: () => ({ granted: false, rules: ['updateDomains'] }) },
    });
    expect(run.names).toEqual(['awaitClaim', 'disruptionLedger.release']);
    expect(run.output).toMatchObject({
      summary: null,
      error: { code: 'OperationNotAllowed', message: expect.stringContaining('updateDomains') as string },
    });
  });

  it('gives up after a day of waiting', async () => {
    const run = await install({
      children: { awaitClaim: () => after(3600, { granted: false, rules: ['geoPair'] }) },
    });
    expect(run.of('awaitClaim')).toHaveLength(24);
    expect(run.output).toMatchObject({ error: { code: 'OperationNotAllowed' } });
    expect(run.endedUtc).toBe(TOMORROW);
  });

  it('is patient with the platform, then lets go when that refuses', async () => {
    let asked = 0;
    const run = await install({
      activities: {
        startOrderedInstall: () => {
          asked += 1;
          return asked === 1
            ? { kind: 'wait', untilUtc: '2026-11-12T17:01:00.000Z' }
            : { kind: 'refused', error: { code: 'OperationNotAllowed', message: 'The VM is not running.' } };
        },
      },
    });
    expect(run.names).toEqual([
      ...['awaitClaim', 'startOrderedInstall', 'startOrderedInstall', 'disruptionLedger.release'],
    ]);
    expect(run.output).toMatchObject({ error: { message: 'The VM is not running.' } });
  });

  it.each(['unhealthy', 'unknown'] as const)(
    'INV-13: a VM of a set that is %s afterwards goes on holding its set',
    async (health) => {
      const run = await install({ health, disruption: inSet });
      expect(impairedIn(run)).toMatchObject([{ vmId, availabilitySetId: inSet.availabilitySetId }]);
    },
  );

  it('a VM that its owner stopped meanwhile holds nothing', async () => {
    expect(impairedIn(await install({ health: 'stopped', disruption: inSet }))).toEqual([]);
  });

  it('says so when the platform lost the result', async () => {
    const run = await install({ children: { awaitInstall: () => after(600, { summary: null }) } });
    expect(run.output).toMatchObject({ summary: null, error: { code: 'VMGuestPatchInternalError' } });
  });

  it('keeps its place when it fails half way: the sweep finds out what became of the VM', async () => {
    const run = await install({ children: { awaitInstall: () => failsAfter(60, 'lost') } });
    expect(run.failure).not.toBeNull();
    expect(run.of('disruptionLedger.release')).toEqual([]);
  });
});
