import type { VirtualMachine } from '../../domain/virtualMachine';
import { aVm } from '../support/builders';
import { ALWAYS_ON, RELEASE, aClockedDriver, assess, install, started } from './clockedDriver';

test('VMs that miss the same patches are given one list; when they miss others, another', async () => {
  const vms = [1, 2].map((n) =>
    aVm({
      name: `win-${n}`,
      osType: 'Windows',
      tags: { ...ALWAYS_ON, 'lowtide-patch-source': 'WindowsUpdate' },
    }),
  );
  const [one, other] = vms;
  if (one === undefined || other === undefined) throw new Error('There are two.');
  const simulated = aClockedDriver({ vms, startUtc: RELEASE });
  const missing = async (vm: VirtualMachine): Promise<unknown> => {
    const answer = await assess(simulated, vm);
    return answer.kind === 'assessed' ? answer.patches : null;
  };
  const before = await missing(one);
  expect(before).not.toBeNull();
  expect(await missing(other)).toBe(before);
  await install(simulated, one);
  expect(await missing(one)).not.toEqual(before);
  expect(await missing(other)).toBe(before);
});

test('a VM is shown under the same ids by every process with its seed', async () => {
  const vm = aVm({ name: 'web-02', tags: ALWAYS_ON });
  const simulated = aClockedDriver({ vms: [vm], seed: 5 });
  const operationId = await started(simulated, () => simulated.driver.startAssessment(vm.id));
  simulated.pass(10);
  const reading = await simulated.driver.readVirtualMachine(vm.id);
  expect([operationId, reading?.lastAssessment?.assessmentActivityId]).toEqual([
    '016d555b-b9c1-4516-aad4-000000000001',
    '16246cfa-6aee-4d19-a7ee-90e22fcc1db6',
  ]);
});
