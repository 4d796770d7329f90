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

/** Is shown every event, in the order of time: the log of a large fleet has millions, and none is kept for it. */
export interface EventReader {
  read(at: number, event: DriverEvent): void;
}

export interface DriverLog {
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
  /** A list in any order, or a stream in the order of time. */
  readonly events: Iterable<DriverEvent>;
  readonly untilUtc: string;
  readonly waivers: readonly { readonly vm: string; readonly at: string }[];
}

/** Reads the driver's log, once, in the order of its times; what cannot be placed becomes a doubt. */
export function readDriverLog(
  source: LogSource,
  fleet: FleetFacts,
  findings: Findings,
  others: readonly EventReader[] = [],
): DriverLog {
  const untilUtc = Date.parse(source.untilUtc);
  if (Number.isNaN(untilUtc)) throw new RangeError(`The audit ends at no time: ${source.untilUtc}`);
  const reader = new LogReader(fleet, findings);
  let eventCount = 0;
  let from: number | null = null;
  let last = -Infinity;
  for (const event of inOrderOfTime(source.events)) {
    const at = Date.parse(event.at);
    if (Number.isNaN(at)) {
      findings.doubted(event.vm, event.at, `${event.action} at an invalid time`);
      continue;
    }
    if (at < last) throw new RangeError(`The log is a stream and goes back in time, to ${event.at}.`);
    from ??= at;
    last = at;
    eventCount += 1;
    reader.read(at, event);
    for (const other of others) other.read(at, event);
  }
  for (const { vm, at } of source.waivers) reader.waive(vm, at);
  const until = Math.max(untilUtc, last);
  return { from, until, eventCount, ...reader.close(until) };
}

/** A list is put in order, whatever the order of its lines. */
function inOrderOfTime(events: Iterable<DriverEvent>): Iterable<DriverEvent> {
  if (!isList(events)) return events;
  const all = events.map((event) => ({ event, at: Date.parse(event.at) }));
  const timed = all.filter(({ at }) => !Number.isNaN(at));
  if (timed.every(({ at }, n) => n === 0 || at >= (timed[n - 1]?.at ?? at))) return events;
  const untimed = all.filter(({ at }) => Number.isNaN(at));
  return [...untimed, ...timed.sort((a, b) => a.at - b.at)].map(({ event }) => event);
}

const isList = (events: Iterable<DriverEvent>): events is readonly DriverEvent[] => Array.isArray(events);

class LogReader {
  readonly #installs: Install[] = [];
  readonly #patches: PatchInstalled[] = [];
  readonly #logEntries: LogEntry[] = [];
  /** The latest install by operation, and by VM where there is no operation id. */
  readonly #latest = new Map<string, Install>();

  readonly #fleet: FleetFacts;
  readonly #findings: Findings;

  constructor(fleet: FleetFacts, findings: Findings) {
    this.#fleet = fleet;
    this.#findings = findings;
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

  close(until: number): Pick<DriverLog, 'installs' | 'patches' | 'logEntries'> {
    for (const install of this.#installs) {
      if (!install.completed) install.end = until;
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
      end: Infinity,
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
