import { untilDone } from './http/untilDone';
import type { OperationKind, OperationKindName } from './http/longRunning';
import { assessment } from './patching/assessPatches';
import { installation } from './patching/installPatches';

/** What becomes of each kind of long-running operation. */
export const operationKinds: Readonly<Record<OperationKindName, OperationKind>> = {
  // The VM itself is the result of a PUT: its status has no output (10, 11, 14).
  vmPut: untilDone,
  vmDelete: untilDone,
  vmPower: untilDone,
  groupDelete: untilDone,
  assessPatches: assessment,
  installPatches: installation,
};
