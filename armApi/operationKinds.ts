import { untilDone } from './http/untilDone';
import type { OperationKind, OperationKindName } from './http/longRunning';
import { assessment } from './patching/assessPatches';
import { installation } from './patching/installPatches';
import { vmChange } from './resources/virtualMachines';

/** What becomes of each kind of long-running operation. */
export const operationKinds: Readonly<Record<OperationKindName, OperationKind>> = {
  vmPut: vmChange,
  vmDelete: untilDone(),
  vmPower: untilDone(),
  groupDelete: untilDone(),
  assessPatches: assessment,
  installPatches: installation,
};
