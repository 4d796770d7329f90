import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { GRAPH_ACTIONS } from '../../drivers/azure/actions';
import { enablementOf } from '../../drivers/azure/enablement';
import { QUERIES } from '../../drivers/azure/queries';
import { aSet, aVm, vmsOf } from '../support/builders';
import { anAzureSetup, type AzureSetup } from './azureSetup';
import { itKeepsTheContract } from './driverContract';
import { ALWAYS_ON, RELEASE } from './clockedDriver';

/** As the enablement command leaves a VM; it turns Azure's own assessments on as well. */
const IN_CHARGE = { patchMode: 'AutomaticByPlatform', customerManagedSchedule: true } as const;
const onVm = (over: Partial<VirtualMachine> & { name?: string } = {}): VirtualMachine =>
  aVm({ tags: ALWAYS_ON, ...IN_CHARGE, ...over });

describe('the azure driver keeps the contract of drivers, over HTTP', () => {
  const ready = onVm({ name: 'ready' });
  const poweredOff = aVm({ ...IN_CHARGE, name: 'off', tags: { 'lowtide-power': 'parked' } });
  const agentless = onVm({ name: 'agentless', provisionVMAgent: false });
  /** Its update domain is in its instance view alone. */
  const inSet = onVm({ name: 'in-set', availabilitySetId: aSet('web'), updateDomain: 3 });
  const vms = [ready, poweredOff, agentless, inSet, ...vmsOf(500)];
  const used = new Set<string>();
  let setup: AzureSetup;
  afterEach(async () => {
    for (const { action } of setup.sent) if (action !== null) used.add(action);
    await setup.close();
  });

  itKeepsTheContract(async () => {
    setup = await anAzureSetup({ vms, startUtc: RELEASE, seed: 5 });
    await enable(setup, ready);
    setup.answerBy((honest) => (request) => {
      for (const [name, query] of Object.entries(QUERIES))
        if (request.body.includes(JSON.stringify(query).slice(1, -1)))
          for (const action of GRAPH_ACTIONS[name] ?? []) used.add(action);
      return honest(request);
    });
    return {
      driver: setup.driver,
      ready: ready.id,
      poweredOff: poweredOff.id,
      notEnabled: null,
      agentless: agentless.id,
      pass(minutes) {
        setup.simulated.pass(minutes);
        return Promise.resolve();
      },
    };
  });

  it('the role for patching grants exactly what this contract has used: no less, and no more', () => {
    const path = join(__dirname, '../../infra/roles/patching.json');
    const granted = JSON.parse(readFileSync(path, 'utf8')) as { actions: string[] };
    expect(granted.actions).toEqual([...used].sort());
    expect(granted.actions.filter((action) => /write|delete|start|\*/i.test(action))).toEqual([]);
  });
});

/** By its owner, not by the driver. */
async function enable({ server, simulated }: AzureSetup, vm: VirtualMachine): Promise<void> {
  const step = enablementOf({ ...vm, control: { kind: 'notInCharge', because: '' } });
  if (step.kind !== 'patch') throw new Error(`${vm.name} cannot be enabled: ${step.because}`);
  const { status } = await fetch(`${server.url}${vm.armId}?api-version=2024-07-01`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(step.body),
  });
  expect(status).toBeLessThan(300);
  simulated.pass(60);
}
