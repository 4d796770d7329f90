import { collectSecondChances } from '../../activities/collectSecondChances';
import { probeHealth } from '../../activities/probeHealth';
import { recordBake } from '../../activities/recordBake';
import { saveOutcomes } from '../../activities/rollout/saveOutcomes';
import { startInstall } from '../../activities/round/startInstall';
import { settleClaim } from '../../activities/settleClaim';
import type { VmId } from '../../domain/ids';
import { PhaseId, phaseIdOf } from '../../domain/phaseId';
import type { OutcomeKind, OutcomeReason } from '../../domain/reasons';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm, vmsOf } from '../support/builders';
import { aDisruption } from '../support/claims';
import { HEALTHY } from '../support/fakeDriver';
import {
  aPhase,
  aRound,
  outcomesIn,
  ROLLOUT,
  someServices,
  type FakeServices,
  WINDOW_CLOSES,
} from '../support/fakeServices';
import { inputFor, START_BY } from '../support/installScene';

const FORBIDDEN = new Error('403: this host may not read the VM');

/** The platform throws for this VM until that ends: a role was taken away, or its answer cannot be understood. */
function unreadable(services: FakeServices, vmId: VmId | undefined): { readonly end: () => void } {
  const { driver } = services;
  const [read, probe] = [driver.readVirtualMachine.bind(driver), driver.probeHealth.bind(driver)];
  driver.readVirtualMachine = (id) => (id === vmId ? Promise.reject(FORBIDDEN) : read(id));
  driver.probeHealth = (id) => (id === vmId ? Promise.reject(FORBIDDEN) : probe(id));
  return {
    end: () => {
      driver.readVirtualMachine = read;
      driver.probeHealth = probe;
    },
  };
}

async function endedAs(
  services: FakeServices,
  vms: readonly VirtualMachine[],
  [kind, reason]: readonly [OutcomeKind, OutcomeReason],
  atUtc = services.nowUtc(),
): Promise<void> {
  await saveOutcomes(
    services,
    ROLLOUT,
    vms.map(({ id: vmId, region }) => ({
      vmId,
      kind,
      reason,
      detail: '',
      atUtc,
      phase: phaseIdOf(1),
      region,
      installation: null,
    })),
  );
}

describe('R-111: a VM that cannot be read', () => {
  const deferred = async (vms: readonly VirtualMachine[]): Promise<FakeServices> => {
    const services = await someServices({ vms, nowUtc: '2026-11-13T04:10:00.000Z' });
    await services.rollouts.savePhase(ROLLOUT, aPhase());
    await endedAs(services, vms, ['deferred', 'poweredOff'], '2026-11-12T05:00:00.000Z');
    return services;
  };

  const taken = async (services: FakeServices, name: string): Promise<readonly VmId[]> => {
    const phase = PhaseId.parse(name);
    await services.run(collectSecondChances, { nowUtc: services.nowUtc(), phase });
    const all = await services.secondChances.taken(phase, ROLLOUT, 'eastus');
    return all.map(({ vmId }) => vmId);
  };

  it('keeps no other waiting for its second chance, and is looked at again within the hour', async () => {
    const vms = vmsOf(3);
    const services = await deferred(vms);
    const [first, second, third] = vms.map(({ id }) => id);
    const trouble = unreadable(services, second);
    expect(new Set(await taken(services, 'catchup-2026-11-13t04'))).toEqual(new Set([first, third]));
    trouble.end();
    services.wait(3600);
    expect(await taken(services, 'catchup-2026-11-13t05')).toEqual([second]);
  });

  it('or takes the platform a minute, leaves the others for the next call, which is at once', async () => {
    const vms = vmsOf(3);
    const services = await deferred(vms);
    const { driver } = services;
    const read = driver.readVirtualMachine.bind(driver);
    driver.readVirtualMachine = (id) => {
      services.wait(60);
      return read(id);
    };
    const input = { nowUtc: services.nowUtc(), phase: PhaseId.parse('catchup-2026-11-13t04') };
    const more = async (): Promise<unknown> =>
      ((await services.run(collectSecondChances, input)) as { readonly more: boolean }).more;
    expect([await more(), await more(), await more()]).toEqual([true, true, false]);
    const all = await services.secondChances.taken(input.phase, ROLLOUT, 'eastus');
    expect(new Set(all.map(({ vmId }) => vmId))).toEqual(new Set(vms.map(({ id }) => id)));
  });
});

describe('R-204, INV-10: after the bake, a VM that cannot be probed', () => {
  it('keeps no other from being looked at, is asked again, and counts as unhealthy when its time is up', async () => {
    const vms = vmsOf(3);
    const services = await someServices({ vms, control: { vmCount: 3 } });
    const [first, second, third = aVm().id] = vms.map(({ id }) => id);
    const phase = phaseIdOf(2);
    await services.plans.addRounds(ROLLOUT, [aRound({ phase, vmIds: vms.map(({ id }) => id) })]);
    await endedAs(services, vms, ['patched', 'installed']);
    services.wait(1800);
    unreadable(services, second);
    services.driver.change(third, { signals: { ...HEALTHY, resourceHealth: 'unavailable' } });
    const asked = { rolloutId: ROLLOUT, phase, from: null };
    expect(await services.run(recordBake, { ...asked, again: null, isLast: false })).toMatchObject({
      probed: 3,
      unknown: [second],
      unhealthy: [{ vmId: third }],
    });
    await services.run(recordBake, { ...asked, again: [second], isLast: true });
    const outcomes = await outcomesIn(services);
    expect(new Map(outcomes.map(({ vmId, reason }) => [vmId, reason]))).toEqual(
      new Map([
        [first, 'installed'],
        [second, 'unknownTooLong'],
        [third, 'unhealthyAfterUpdate'],
      ]),
    );
  });
});

describe('what the sweep of a ledger asks of a VM that cannot be read', () => {
  it('is unknown: its set stays held, and the other VMs and ledgers of the sweep are looked at', async () => {
    const [vm = aVm()] = vmsOf(1);
    const services = await someServices({ vms: [vm] });
    unreadable(services, vm.id);
    expect(await services.run(probeHealth, { vmId: vm.id })).toMatchObject({
      answer: 'unknown',
      because: FORBIDDEN.message,
    });
  });

  it('is in flight under its claim, which is held and reported in time; the others of the claim are settled', async () => {
    const vms = vmsOf(2);
    const services = await someServices({ vms });
    for (const { id } of vms)
      await startInstall.handler(services)(Object.assign({}, inputFor('claim-1'), { vmId: id }));
    for (const { id } of vms) services.driver.endInstall(id);
    const [first, second] = vms.map(({ id }) => id);
    const { driver } = services;
    const [readOperation, own] = [driver.readOperation.bind(driver), driver.accepted[0]?.operationId];
    driver.readOperation = (id) => (id === own ? Promise.reject(FORBIDDEN) : readOperation(id));
    services.clock.nowUtc = '2026-11-13T13:00:00.001Z';
    const claim = {
      claimId: 'claim-1',
      kind: 'rollout',
      disruption: aDisruption(),
      startByUtc: START_BY,
      expiresUtc: WINDOW_CLOSES,
    };
    expect(await services.run(settleClaim, { claim })).toMatchObject({ inFlight: 1, overrun: true });
    const ended = await services.operations.ofClaim('eastus', 'claim-1');
    expect(ended.flatMap(({ vmId, endedUtc }) => (endedUtc === null ? [] : [vmId]))).toEqual([second]);
    expect((await services.audit.list('ledger')).map(({ what }) => what)).toEqual(['claimOverrun']);
    driver.readOperation = readOperation;
    expect(await services.run(settleClaim, { claim })).toMatchObject({
      inFlight: 0,
      unproven: expect.arrayContaining([first, second]) as unknown,
    });
  });

  it('is asked after as long as a call may take: on a slow platform the next sweep asks after the rest', async () => {
    const vms = vmsOf(12);
    const services = await someServices({ vms });
    for (const { id } of vms)
      await startInstall.handler(services)(Object.assign({}, inputFor('claim-1'), { vmId: id }));
    let asked = 0;
    services.driver.readOperation = () => {
      asked += 1;
      services.wait(60);
      return Promise.reject(FORBIDDEN);
    };
    const claim = {
      claimId: 'claim-1',
      kind: 'rollout',
      disruption: aDisruption(),
      startByUtc: START_BY,
      expiresUtc: WINDOW_CLOSES,
    };
    expect(await services.run(settleClaim, { claim })).toMatchObject({ inFlight: 12 });
    expect(asked).toBe(1); // of the fake all time passes in the first
  });
});
