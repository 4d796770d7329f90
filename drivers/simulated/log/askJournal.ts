import { z } from 'zod';
import { PatchClassification } from '../../../domain/patches';
import { RESOURCE_ASKS } from '../resources/resourceAsks';
import { Scenario } from '../scenario';

const PowerAsk = z.enum(['start', 'powerOff', 'deallocate', 'restart']);
export type PowerAsk = z.infer<typeof PowerAsk>;

const InstallAsk = z.object({
  maximumDurationMinutes: z.number(),
  classificationsToInclude: z.array(PatchClassification).readonly(),
  rebootSetting: z.enum(['IfRequired', 'Never', 'Always']),
  maxPatchPublishDate: z.string().nullable(),
  kbNumbersToInclude: z.array(z.string()).readonly().exactOptional(),
  kbNumbersToExclude: z.array(z.string()).readonly().exactOptional(),
  excludeKbsRequiringReboot: z.boolean().exactOptional(),
  packageNameMasksToInclude: z.array(z.string()).readonly().exactOptional(),
  packageNameMasksToExclude: z.array(z.string()).readonly().exactOptional(),
  rolloutId: z.string().nullable(),
});

/** Given when the driver was made; otherwise loaded while it ran. */
const given = z.boolean();
const at = z.string();
const vm = z.string();

/** One thing the simulated world was asked or told, and when. With the seed, these are all it needs to be what it is. */
export const Ask = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('fleet'), at, fleet: z.string(), seed: z.number(), given }),
  z.object({ ask: z.literal('scenario'), at, scenario: Scenario.nullable(), given }),
  z.object({ ask: z.literal('assess'), at, vm }),
  z.object({ ask: z.literal('install'), at, vm, request: InstallAsk }),
  z.object({ ask: z.literal('extension'), at, vm, notAfterUtc: z.string().exactOptional() }),
  z.object({ ask: z.literal('probe'), at, vm }),
  z.object({ ask: z.literal('power'), at, vm, power: PowerAsk }),
  ...RESOURCE_ASKS,
]);
export type Ask = Readonly<z.infer<typeof Ask>>;
/** What is asked of one VM. */
export type VmAsk = Extract<Ask, { vm: string }>;

/** Remembers what was asked, in order, and only ever adds. */
export interface AskJournal {
  /** What was remembered when the journal was opened, oldest first. */
  remembered(): readonly Ask[];
  /** Resolves when the ask is as durable as the journal makes it. Asks become durable in the order they were given. */
  append(ask: Ask): Promise<void>;
  /** Keeps the text of a fleet (too large for a line) and returns the name it is kept under. Kept before it returns. */
  keepFleet(text: string): string;
  fleetText(name: string): string;
  close(): Promise<void>;
}

/** For simulations that need not outlive their process. */
export function memoryJournal(
  remembered: readonly Ask[] = [],
  fleets = new Map<string, string>(),
): AskJournal {
  return {
    remembered: () => remembered,
    append: () => Promise.resolve(),
    keepFleet(text) {
      const name = `fleet-${fleets.size + 1}`;
      fleets.set(name, text);
      return name;
    },
    fleetText(name) {
      const text = fleets.get(name);
      if (text === undefined) throw new Error(`no fleet was kept as ${name}`);
      return text;
    },
    close: () => Promise.resolve(),
  };
}
