import { z } from 'zod';
import { InstallRequest } from '../../driver';
import { RESOURCE_REQUESTS } from '../resources/resourceRequests';
import { Scenario } from '../scenario';

const PowerAction = z.enum(['start', 'powerOff', 'deallocate', 'restart']);
export type PowerAction = z.infer<typeof PowerAction>;

/** As it was asked; what the driver cannot do it has refused. */
const AskedInstall = InstallRequest.extend({ maximumDurationMinutes: z.number() });

/** Given when the driver was made; otherwise loaded while it ran. */
const given = z.boolean();
const at = z.string();
const vm = z.string();

/** One request to the simulated fleet, and when it came. With the seed, the requests determine its whole state. */
export const JournalRequest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('fleet'), at, fleet: z.string(), seed: z.number(), given }),
  z.object({ kind: z.literal('scenario'), at, scenario: Scenario.nullable(), given }),
  z.object({ kind: z.literal('assess'), at, vm, activityId: z.string().exactOptional() }),
  z.object({ kind: z.literal('install'), at, vm, request: AskedInstall }),
  z.object({ kind: z.literal('extension'), at, vm, notAfterUtc: z.string().exactOptional() }),
  z.object({ kind: z.literal('probe'), at, vm }),
  z.object({ kind: z.literal('power'), at, vm, power: PowerAction }),
  ...RESOURCE_REQUESTS,
]);
export type JournalRequest = Readonly<z.infer<typeof JournalRequest>>;
/** A request for one VM. */
export type VmRequest = Extract<JournalRequest, { vm: string }>;

/** Remembers requests, in order, and only ever adds. */
export interface RequestJournal {
  /** What was remembered when the journal was opened, oldest first. */
  remembered(): readonly JournalRequest[];
  /** Resolves when the request is as durable as the journal makes it. Requests become durable in the order they were given. */
  append(request: JournalRequest): Promise<void>;
  /** Keeps the text of a fleet (too large for a line) and returns the name it is kept under. Kept before it returns. */
  keepFleet(text: string): string;
  fleetText(name: string): string;
  close(): Promise<void>;
}

/** For simulations that need not outlive their process: no request is read again, so no text of a fleet is kept. */
export function memoryJournal(remembered: readonly JournalRequest[] = []): RequestJournal {
  let fleets = 0;
  return {
    remembered: () => remembered,
    append: () => Promise.resolve(),
    keepFleet() {
      fleets += 1;
      return `fleet-${fleets}`;
    },
    fleetText(name) {
      throw new Error(`no fleet was kept as ${name}`);
    },
    close: () => Promise.resolve(),
  };
}
