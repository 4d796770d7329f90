import { z } from 'zod';
import { Utc, VmId } from '../../domain/ids';
import { OutcomeReason } from '../../domain/reasons';
import { VirtualMachine } from '../../domain/virtualMachine';
import { VmState } from '../../domain/vmState';
import { KeptOutcome } from '../../store/outcomes';
import { named } from './shared';

named(
  'VirtualMachineModel',
  VirtualMachine,
  "A VM's model, whatever driver it came from. Null stands for «not given».",
);
named(
  'VirtualMachineState',
  VmState,
  'What was done to a VM: assessment, installation, health, outcome, enablement.',
);

export const EligibilityShape = named(
  'Eligibility',
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('eligible') }),
    z.object({ kind: z.literal('ineligible'), reason: OutcomeReason, detail: z.string() }),
  ]),
  'Whether automatic patching may touch a VM at all.',
);

const source = z.enum(['tag', 'windows', 'region', 'utc']);

export const OffPeakShape = z.object({ opensUtc: Utc, closesUtc: Utc });

export const HistoryRow = named(
  'HistoryRow',
  KeptOutcome.extend({ rolloutId: z.string() }),
  'How a VM ended in a turn of a rollout.',
);

export const VirtualMachineShape = named(
  'VirtualMachine',
  z.object({
    vm: VirtualMachine,
    /** Of a VM that was moved, the latest first. */
    formerIds: z.array(VmId),
    eligibility: EligibilityShape,
    timeZone: z.object({
      zone: z.string(),
      source,
      invalid: z.array(z.object({ source, value: z.string() })),
    }),
    state: VmState,
    offPeak: OffPeakShape,
    /** The window that is open or comes next, and those after it. */
    windows: z.array(OffPeakShape),
    history: z.array(HistoryRow),
  }),
  'What Lowtide knows of one VM.',
);
