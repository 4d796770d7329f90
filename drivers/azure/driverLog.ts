import type { HealthProbe, DriverAction, DriverEvent } from '../driver';
import type { Place } from './operationTable';
import type { PatchLine } from './patchResults';

/** Takes what happened, in order. A log that cannot be written is an error of the caller's: nothing happens unlogged. */
export interface EventSink {
  append(events: readonly DriverEvent[]): Promise<void>;
}

interface About {
  readonly place: Place;
  readonly operationId: string | null;
  readonly rolloutId: string | null;
}

export function eventOf(
  at: string,
  action: DriverAction,
  { place, operationId, rolloutId }: About,
  detail: Readonly<Record<string, unknown>> = {},
): DriverEvent {
  const { armId, region, zone, availabilitySet, updateDomain, subscription } = place;
  return {
    at,
    action,
    vm: armId,
    region,
    zone,
    availabilitySet,
    updateDomain,
    subscription,
    operationId,
    rolloutId,
    ...detail,
  };
}

/** Azure says which patches an installation installed, and not when: they are logged at its end. */
export function patchEvents(at: string, about: About, lines: readonly PatchLine[]): readonly DriverEvent[] {
  return lines.flatMap(({ state, patchId, name, classification }) =>
    state === 'other'
      ? []
      : [
          eventOf(at, state === 'Installed' ? 'patchInstalled' : 'patchFailed', about, {
            patchId,
            name,
            classification,
          }),
        ],
  );
}

export function probeEvent(at: string, place: Place, probe: HealthProbe): DriverEvent {
  const { answer, because, signals } = probe;
  return eventOf(
    at,
    'healthProbed',
    { place, operationId: null, rolloutId: null },
    { answer, because, signals },
  );
}
