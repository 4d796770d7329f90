import { collectSecondChances } from '../../activities/collectSecondChances';
import { saveOutcomes } from '../../activities/rollout/saveOutcomes';
import type { VmId } from '../../domain/ids';
import { PhaseId, phaseIdOf } from '../../domain/phaseId';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { vmsOf } from '../support/builders';
import { aPhase, ROLLOUT, someServices, type FakeServices } from '../support/fakeServices';

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

describe('R-111: a VM that cannot be read', () => {
  const deferred = async (vms: readonly VirtualMachine[]): Promise<FakeServices> => {
    const services = await someServices({ vms, nowUtc: '2026-11-13T04:10:00.000Z' });
    await services.rollouts.savePhase(ROLLOUT, aPhase());
    await saveOutcomes(
      services,
      ROLLOUT,
      vms.map(({ id: vmId, region }) => ({
        vmId,
        kind: 'deferred',
        reason: 'poweredOff',
        detail: '',
        atUtc: '2026-11-12T05:00:00.000Z',
        phase: phaseIdOf(1),
        region,
        installation: null,
      })),
    );
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
});
