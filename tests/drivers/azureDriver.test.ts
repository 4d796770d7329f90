import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm, vmsOf } from '../support/builders';
import { anAzureWorld, type AzureWorld } from './azureWorld';
import { itKeepsTheContract } from './driverContract';
import { ALWAYS_ON, RELEASE } from './pocket';

/** As the enablement command leaves a VM. */
const IN_CHARGE = { patchMode: 'AutomaticByPlatform', customerManagedSchedule: true } as const;
const onVm = (over: Partial<VirtualMachine> & { name?: string } = {}): VirtualMachine =>
  aVm({ tags: ALWAYS_ON, ...IN_CHARGE, ...over });

describe('the azure driver keeps the contract of drivers, over HTTP', () => {
  const ready = onVm({ name: 'ready' });
  const poweredOff = aVm({ ...IN_CHARGE, name: 'off', tags: { 'lowtide-power': 'parked' } });
  const agentless = onVm({ name: 'agentless', provisionVMAgent: false });
  const vms = [ready, poweredOff, agentless, ...vmsOf(500)];
  let world: AzureWorld;
  afterEach(() => world.close());

  itKeepsTheContract(async () => {
    world = await anAzureWorld({ vms, startUtc: RELEASE, seed: 5 });
    return {
      driver: world.driver,
      ready: ready.id,
      poweredOff: poweredOff.id,
      notEnabled: null,
      agentless: agentless.id,
      pass(minutes) {
        world.pocket.pass(minutes);
        return Promise.resolve();
      },
    };
  });
});
