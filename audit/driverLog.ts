import type { DriverEvent } from '../drivers/driver';
import type { Findings } from './auditReport';
import type { FleetFacts, Place } from './fleetFacts';

/** One installation: its VM is disrupted from start to end. */
export interface Install {
  readonly place: Place;
  readonly operationId: string | null;
  /** Null for what a person asked for by hand. */
  readonly rolloutId: string | null;
  readonly start: number;
  /** Where the log does not end it: the end of the audit. */
  end: number;
  completed: boolean;
  /** A patch was installed in it. */
  hasPatched: boolean;
  /** Null when the log does not say. */
  readonly maximumDurationMinutes: number | null;
}

export type Health = 'healthy' | 'unhealthy' | 'unknown' | 'stopped';

/** What happened, in an order in which things that merely touch do not overlap. */
export type LogEntry = { readonly at: number; readonly rank: number } & (
  | { readonly kind: 'installStarted' | 'installEnded'; readonly install: Install }
  | { readonly kind: 'probed'; readonly place: Place; readonly health: Health }
  | { readonly kind: 'stopped' | 'poweredOn' | 'waived' | 'deleted'; readonly place: Place }
);

export interface PatchInstalled {
  readonly place: Place;
  readonly at: number;
  readonly rolloutId: string | null;
  readonly patchId: unknown;
  readonly classification: unknown;
}

export interface TimedEvent {
  readonly at: number;
  readonly event: DriverEvent;
}

export interface DriverLog {
  /** Every event, in the order of time. */
  readonly events: readonly TimedEvent[];
  readonly from: number | null;
  readonly until: number;
  readonly eventCount: number;
  readonly installs: readonly Install[];
  readonly patches: readonly PatchInstalled[];
  readonly logEntries: readonly LogEntry[];
}

/** At one instant: first what ends, then what is learnt, then what starts; an install that ends as it starts still starts first. */
const RANK = { ends: 0, reported: 1, starts: 2, endsAtOnce: 3 } as const;

export interface LogSource {
  readonly events: Iterable<DriverEvent>;
  readonly untilUtc: string;
  readonly waivers: readonly { readonly vm: string; readonly at: string }[];
}

/** Reads the driver's log in the order of its times, whatever the order of its lines; what cannot be placed becomes a doubt. */
export function readDriverLog(source: LogSource, fleet: FleetFacts, findings: Findings): DriverLog {
  const events = timed(source.events, findings);
  const untilUtc = Date.parse(source.untilUtc);
  if (Number.isNaN(untilUtc)) throw new RangeError(`The audit ends at no time: ${source.untilUtc}`);
  const until = Math.max(untilUtc, events.at(-1)?.at ?? untilUtc);
  const reader = new LogReader(fleet, findings, until);
  for (const { at, event } of events) reader.read(at, event);
  for (const { vm, at } of source.waivers) reader.waive(vm, at);
  return { events, from: events[0]?.at ?? null, until, eventCount: events.length, ...reader.close() };
}

function timed(events: Iterable<DriverEvent>, findings: Findings): TimedEvent[] {
  const list: TimedEvent[] = [];
  for (const event of events) {
    const at = Date.parse(event.at);
    if (Number.isNaN(at)) findings.doubted(event.vm, event.at, `${event.action} at an invalid time`);
    else list.push({ at, event });
  }
  return list.sort((a, b) => a.at - b.at);
}

class LogReader {
  readonly #installs: Install[] = [];
  readonly #patches: PatchInstalled[] = [];
  readonly #logEntries: LogEntry[] = [];
  /** The latest install by operation, and by VM where there is no operation id. */
  readonly #latest = new Map<string, Install>();

  readonly #fleet: FleetFacts;
  readonly #findings: Findings;
  readonly #until: number;

  constructor(fleet: FleetFacts, findings: Findings, until: number) {
    this.#fleet = fleet;
    this.#findings = findings;
    this.#until = until;
  }

  read(at: number, event: DriverEvent): void {
    switch (event.action) {
      case 'installStarted':
        this.#start(at, event);
        break;
      case 'installCompleted':
        this.#complete(at, event);
        break;
      case 'patchInstalled':
        this.#patch(at, event);
        break;
      case 'healthProbed':
        this.#logEntries.push({
          at,
          rank: RANK.reported,
          kind: 'probed',
          place: this.#fleet.placeOf(event),
          health: this.#healthIn(event),
        });
        break;
      case 'poweredOff':
      case 'poweredOn':
        this.#logEntries.push({
          at,
          rank: RANK.reported,
          kind: event.action === 'poweredOff' ? 'stopped' : 'poweredOn',
          place: this.#fleet.placeOf(event),
        });
        break;
      case 'deleted':
        this.#logEntries.push({
          at,
          rank: RANK.reported,
          kind: 'deleted',
          place: this.#fleet.placeOf(event),
        });
        break;
      case 'moved':
        if (typeof event['to'] === 'string') this.#fleet.moved(event, event['to']);
        else this.#doubt(event, 'a VM that was moved to no id');
        break;
      case 'assessmentStarted':
      case 'assessmentCompleted':
      case 'patchFailed':
      case 'rebootStarted':
      case 'rebootCompleted':
      case 'agentLost':
      case 'agentRestored':
      case 'extensionInstalled':
        // Assessments, reboots, agents and extensions disrupt no VM by themselves.
        break;
    }
  }

  waive(vm: string, atUtc: string): void {
    const at = Date.parse(atUtc);
    const place = this.#fleet.find(vm);
    if (place === null || Number.isNaN(at))
      this.#findings.doubted(vm, atUtc, 'a waiver at no time, or of a VM that is not in the fleet');
    else this.#logEntries.push({ at, rank: RANK.reported, kind: 'waived', place });
  }

  close(): Pick<DriverLog, 'installs' | 'patches' | 'logEntries'> {
    for (const install of this.#installs) {
      const endRank = install.end === install.start ? RANK.endsAtOnce : RANK.ends;
      this.#logEntries.push({ at: install.start, rank: RANK.starts, kind: 'installStarted', install });
      if (install.completed)
        this.#logEntries.push({ at: install.end, rank: endRank, kind: 'installEnded', install });
    }
    this.#logEntries.sort((a, b) => a.at - b.at || a.rank - b.rank);
    return { installs: this.#installs, patches: this.#patches, logEntries: this.#logEntries };
  }

  #start(at: number, event: DriverEvent): void {
    const { maximumDurationMinutes } = event;
    const install: Install = {
      place: this.#fleet.placeOf(event),
      operationId: event.operationId,
      rolloutId: event.rolloutId,
      start: at,
      end: this.#until,
      completed: false,
      hasPatched: false,
      maximumDurationMinutes: typeof maximumDurationMinutes === 'number' ? maximumDurationMinutes : null,
    };
    const key = operationOf(event);
    const earlier = this.#latest.get(key);
    if (earlier !== undefined && (event.operationId !== null || !earlier.completed))
      this.#doubt(event, `operation ${key} starts twice`);
    this.#latest.set(key, install);
    this.#installs.push(install);
  }

  #complete(at: number, event: DriverEvent): void {
    const key = operationOf(event);
    const install = this.#latest.get(key);
    if (install === undefined || install.completed) {
      this.#doubt(event, `operation ${key} completes an installation that is not running`);
      return;
    }
    if (install.place !== this.#fleet.placeOf(event)) {
      this.#doubt(event, `operation ${key} started on ${install.place.vm}`);
      return;
    }
    install.end = at;
    install.completed = true;
  }

  #patch(at: number, event: DriverEvent): void {
    const { patchId, classification, rolloutId } = event;
    const install = this.#latest.get(operationOf(event));
    if (install === undefined || (install.completed && at > install.end))
      this.#doubt(event, 'a patch outside any installation');
    else install.hasPatched = true;
    this.#patches.push({ place: this.#fleet.placeOf(event), at, rolloutId, patchId, classification });
  }

  #healthIn(event: DriverEvent): Health {
    const { answer } = event;
    if (answer === 'healthy' || answer === 'unhealthy' || answer === 'stopped' || answer === 'unknown')
      return answer;
    this.#doubt(event, `an invalid health answer: ${JSON.stringify(answer)}`);
    return 'unknown';
  }

  #doubt(event: DriverEvent, detail: string): void {
    this.#findings.doubted(event.vm, event.at, detail);
  }
}

function operationOf(event: DriverEvent): string {
  return event.operationId ?? `without id on ${event.vm.toLowerCase()}`;
}
