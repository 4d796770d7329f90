import { z } from 'zod';
import { HealthAnswer, HealthSignals } from '../../domain/health';
import { Utc, VmId } from '../../domain/ids';
import { VirtualMachine } from '../../domain/virtualMachine';
import { InstallRequest, OperationAnswer, StartAnswer, VmReading } from '../driver';

const OneVm = z.object({ id: VmId });

/** Every method of a FleetDriver as a request and an answer in JSON. */
export const WIRE = {
  listVirtualMachines: {
    input: z.object({ cursor: z.string().nullable() }),
    output: z.object({
      items: z.array(VirtualMachine),
      next: z.string().nullable(),
      incomplete: z.array(z.object({ subscriptionId: z.string(), why: z.string() })).exactOptional(),
      domainsNotRead: z.array(VmId).exactOptional(),
    }),
  },
  readVirtualMachine: { input: OneVm, output: VmReading.nullable() },
  startAssessment: {
    input: OneVm.extend({ activityId: z.string().exactOptional() }),
    output: StartAnswer,
  },
  startInstallation: { input: OneVm.extend({ request: InstallRequest }), output: StartAnswer },
  startExtensionInstallation: {
    input: OneVm.extend({ notAfterUtc: z.string().exactOptional() }),
    output: StartAnswer,
  },
  readOperation: { input: z.object({ operationId: z.string() }), output: OperationAnswer },
  probeHealth: {
    input: OneVm,
    output: z.object({ answer: HealthAnswer, because: z.string(), signals: HealthSignals }).nullable(),
  },
} as const;

export type Method = keyof typeof WIRE;
export const METHODS = Object.keys(WIRE) as readonly Method[];

/** `nowUtc`: the clock of the caller. What is served has no clock of its own, so that it can be asked by hosts on a virtual one. */
export const Envelope = z.object({ nowUtc: Utc, input: z.unknown() });
