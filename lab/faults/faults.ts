import { hash53 } from '../../domain/seed';
import { MINUTE_MS } from '../../domain/timeUnits';

/** Everything that torture does to the app, by where it strikes. Each is counted when it strikes. */
export const FAULT_KINDS = [
  // Storage. Unavailable: nothing was done (503, a timeout). Answer lost: it was done, the caller hears a timeout.
  ...['storeUnavailable', 'storeAnswerLost', 'storeConflict', 'storeHalfWritten', 'storeOutage'],
  // Azure Resource Manager. Lost and endless operations are running or over; the platform says otherwise.
  ...['armThrottled', 'armConflict', 'armErrorBefore', 'armErrorAfter', 'armOutage'],
  ...['operationLost', 'operationEndless', 'staleRead', 'listingPartial'],
  // Activities: messages are delivered at least once, and sometimes to two workers. Poisoned: what comes back is garbage.
  ...[
    'activityThrows',
    'activityUnacknowledged',
    'activityTwice',
    'activityAtOnce',
    'activityHangs',
    'activityPoisoned',
  ],
  // Messages on their way, which thereby overtake each other.
  'messageDelayed',
  // Two hosts at once: their clocks differ, their timers fire on both. Jump: the machine is suspended, and then it is later.
  ...['clockSkew', 'clockJump', 'timerTwice'],
  // Owners of VMs.
  ...[
    'vmPoweredOff',
    'vmRestarted',
    'vmComesAndGoes',
    'vmDeleted',
    'vmCreated',
    'vmMoved',
    'vmRetagged',
    'vmReimaged',
  ],
  // Operators.
  ...[
    'operatorPause',
    'operatorResume',
    'operatorSkip',
    'operatorCancel',
    'operatorDoubleStart',
    'operatorFreeze',
    'policyChanged',
  ],
  // The host, and one of another task hub (a deployment slot) over the same tables.
  ...['hostCrash', 'otherHub'],
  // Effects of a made-up scenario on the fleet.
  'scenario',
  // No fault, but counted when the month has it: windows an hour shorter or longer, a leap day, the end of a year.
  'calendar',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** A fast generator of numbers in [0, 1) (mulberry32, public domain): hundreds of thousands are drawn in a month. */
export function randomOf(...words: readonly (string | number)[]): () => number {
  let state = hash53(words.join('\u0000')) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Decides when which fault strikes, and counts. One seed, one sequence of faults. */
export class Faults {
  readonly counts = new Map<string, number>();
  /** Off until the app stands and after faults are to stop. */
  armed = false;
  #nowMs: () => number = () => 0;
  readonly #outages: readonly Outage[];
  readonly #shares: () => number;

  readonly #allowed: ReadonlySet<FaultKind>;

  constructor(
    readonly seed: number,
    /** 1: a bad month; 0: none. */
    readonly intensity: number,
    allowed: ReadonlySet<FaultKind>,
    span: { readonly fromMs: number; readonly toMs: number },
  ) {
    this.#allowed = allowed;

    this.#outages = outagesOf(seed, intensity, span);
    this.#shares = randomOf(seed, 'shares');
  }

  useClock(nowMs: () => number): void {
    this.#nowMs = nowMs;
  }

  allows(kind: FaultKind): boolean {
    return this.#allowed.has(kind);
  }

  count(kind: FaultKind, detail = ''): void {
    const name = detail === '' ? kind : `${kind} ${detail}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Is the service down now? */
  isOut(kind: 'storeOutage' | 'armOutage'): boolean {
    if (!this.armed || !this.allows(kind)) return false;
    const now = this.#nowMs();
    const out = this.#outages.some(
      (outage) => outage.kind === kind && outage.fromMs <= now && now < outage.toMs,
    );
    if (out) this.count(kind);
    return out;
  }

  /** A number in [0, 1), for how much of what has struck. */
  share(): number {
    return this.#shares();
  }

  /** A stream of its own for each place, so that one kind of fault can be left out without moving all others. */
  stream(place: string, rates: readonly (readonly [FaultKind, number])[]): () => FaultKind | null {
    const random = randomOf(this.seed, place);
    const steps: (readonly [FaultKind, number])[] = [];
    let sum = 0;
    for (const [kind, rate] of rates) steps.push([kind, (sum += rate * this.intensity)]);
    return () => {
      if (!this.armed) return null;
      const drawn = random();
      if (drawn >= sum) return null;
      const [kind] = steps.find(([, below]) => drawn < below) ?? [null];
      if (kind === null || !this.allows(kind)) return null;
      this.count(kind);
      return kind;
    };
  }
}

interface Outage {
  readonly kind: 'storeOutage' | 'armOutage';
  readonly fromMs: number;
  readonly toMs: number;
}

const OUTAGES_MAX = 6;

/** Minutes mostly, sometimes hours. */
function outagesOf(
  seed: number,
  intensity: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Outage[] {
  if (intensity === 0) return [];
  const random = randomOf(seed, 'outages');
  return Array.from({ length: Math.floor(random() * (OUTAGES_MAX + 1)) }, () => {
    // Squared: half of them in the first quarter, where most of the work is done.
    const startMs = fromMs + random() ** 2 * (toMs - fromMs);
    const minutes = random() < 0.7 ? 1 + random() * 20 : 20 + random() * 160;
    return {
      kind: random() < 0.5 ? ('storeOutage' as const) : ('armOutage' as const),
      fromMs: startMs,
      toMs: Math.min(toMs, startMs + minutes * MINUTE_MS),
    };
  });
}
