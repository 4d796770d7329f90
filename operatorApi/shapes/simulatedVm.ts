import { z } from 'zod';
import { VirtualMachine } from '../../domain/virtualMachine';
import { named } from './shared';

export const SimulatedVm = named(
  'SimulatedVirtualMachine',
  VirtualMachine.extend({
    instance: z
      .object({
        agentStatus: z.enum(['ready', 'notReady']).nullable(),
        agentVersion: z.string().nullable(),
      })
      .exactOptional(),
  }),
  'The model; `instance` where the file that the fleet was loaded from says something of its agent.',
);
export type SimulatedVm = Readonly<z.infer<typeof SimulatedVm>>;
