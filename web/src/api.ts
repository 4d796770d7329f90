/** What the operator's API answers, as far as the dashboard shows it. */

export type Counts = Readonly<Record<string, number>>;

interface Said {
  readonly by: string;
  readonly reason: string;
  readonly atUtc: string;
}

/** A phase that the policy asks an approval for, and how that stands. */
export interface NeededApproval {
  readonly phase: string;
  readonly state: 'pending' | 'approved' | 'used' | 'lapsed' | 'withdrawn' | 'rejected' | 'notNeeded';
  /** What asks for it, in words. */
  readonly rule: string;
  readonly validHours: number;
  readonly approval: (Said & { readonly untilUtc: string; readonly withdrawn: Said | null }) | null;
}

export interface RolloutSummary {
  readonly id: string;
  /** `monthly` or `emergency`. */
  readonly kind?: string;
  readonly month: string;
  readonly state: string;
  readonly releasedUtc: string;
  readonly endsUtc: string;
  readonly endedUtc: string | null;
  readonly vmCount: number | null;
}

export interface Phase {
  readonly phase: string;
  readonly regions: readonly string[];
  readonly vmCount: number;
  readonly startedUtc: string | null;
  readonly endedUtc: string | null;
  readonly gate: { readonly kind: string; readonly why: string } | null;
  readonly expected: { readonly expectedStartUtc: string; readonly expectedEndUtc: string } | null;
}

/** What an emergency was asked for. */
export interface Emergency {
  readonly reason: string;
  readonly selector: Readonly<Record<string, unknown>>;
  readonly patches: { readonly kbs: readonly string[]; readonly packages: readonly string[] };
  /** Local times; null for the off-peak hours of each VM. */
  readonly hours: { readonly opens: string; readonly closes: string } | null;
}

export interface Rollout extends RolloutSummary {
  /** Of a monthly one there is none. */
  readonly emergency?: Emergency | null;
  readonly requestedBy: string;
  readonly requestedUtc: string;
  /** Null when it is not paused as a whole. */
  readonly pausedSinceUtc: string | null;
  readonly notAdvanced: string | null;
  readonly waitsForInventory: { readonly sinceUtc: string; readonly why: string } | null;
  readonly eligibleCount: number | null;
  readonly lateCount: number | null;
  readonly outcomes: Counts;
  readonly reasons: Readonly<Record<string, Counts>>;
  readonly phases: readonly Phase[];
  readonly approvals: readonly NeededApproval[];
  readonly halts: readonly { readonly haltId: string; readonly decision: Decision | null }[];
}

export type Interval = readonly [startUtc: string, endUtc: string];

export interface TimelineSpan {
  readonly vmCount: number;
  readonly outcomes: Counts;
  readonly expectedStartUtc: string;
  readonly expectedEndUtc: string;
  readonly worked: readonly Interval[];
  /** When what is left is expected; null when nothing is. */
  readonly forecast: Interval | null;
}

export interface TimelineGroup {
  readonly group: string;
  readonly availabilitySetId: string | null;
  readonly setSize: number;
  readonly vmCount: number;
  readonly outcomes: Counts;
  readonly updateDomains: readonly {
    readonly updateDomain: number | null;
    readonly vmCount: number;
    readonly outcomes: Counts;
  }[];
}

export interface TimelineStage extends TimelineSpan {
  readonly stage: string;
  readonly zone: string | null;
  readonly groups: readonly TimelineGroup[];
}

export interface TimelineRegion extends TimelineSpan {
  readonly region: string;
  readonly timeZone: string;
  readonly pairs: readonly string[];
  readonly offPeak: readonly Interval[];
  readonly stages: readonly TimelineStage[];
}

export interface Timeline {
  readonly phases: readonly { readonly phase: string; readonly regions: readonly TimelineRegion[] }[];
}

export interface Decision extends Said {
  readonly kind: string;
}

export interface Halt {
  readonly haltId: string;
  readonly kind: 'halt' | 'hold';
  readonly phase: string;
  readonly region: string | null;
  readonly why: string;
  readonly atUtc: string;
  readonly decision: Decision | null;
  readonly stops: string;
  readonly accusedCount: number;
  readonly accused: readonly {
    readonly vmId: string;
    readonly name: string;
    readonly kind: string;
    readonly reason: string;
    readonly detail: string;
  }[];
  readonly inCommon: readonly {
    readonly fact: string;
    readonly value: string;
    readonly sharedByCount: number;
  }[];
  readonly waitingCount: number;
  readonly skips: string;
  readonly skippedCount: number;
}

export interface Halts {
  readonly value: readonly Halt[];
  readonly waitingCount: number;
  readonly plannedCount: number;
}

export interface DownNow {
  readonly claimId: string;
  readonly kind: string;
  readonly region: string;
  readonly zone: string | null;
  readonly availabilitySetId: string | null;
  readonly updateDomain: number | null;
  readonly count: number;
  readonly limit: number | null;
  readonly subscriptions: readonly { readonly count: number; readonly max: number }[];
  readonly expiresUtc: string;
  readonly vms: readonly {
    readonly vmId: string;
    readonly step: string;
    readonly sinceUtc: string | null;
  }[];
}

export interface Disruptions {
  readonly value: readonly DownNow[];
  readonly heldSets: readonly {
    readonly vmId: string;
    readonly availabilitySetId: string;
    readonly region: string;
    readonly sinceUtc: string;
  }[];
}

export interface FamilyEvidence {
  readonly family: string;
  readonly vmCount: number;
  readonly startedCount: number;
  readonly startedMax: number;
  readonly healthyCount: number;
  readonly unhealthyCount: number;
  readonly failedCount: number;
  readonly unprovenCount: number;
  readonly cusum: number;
  readonly cusumMax: number;
  readonly unhealthyVms: readonly string[];
  readonly waiting: boolean;
  readonly curve: readonly { readonly atUtc: string; readonly value: number; readonly unhealthy: boolean }[];
}

export interface Evidence {
  readonly haltsAt: number;
  readonly expectedUnhealthyPercent: number;
  readonly refusedUnhealthyPercent: number;
  readonly families: readonly FamilyEvidence[];
}

export interface FleetRow {
  readonly vmId: string;
  readonly name: string;
  readonly region: string;
  readonly zone: string | null;
  readonly availabilitySet: string | null;
  readonly updateDomain: number | null;
  readonly family: string;
  readonly takesPart: boolean;
  /** Null before its turn, and of a VM that takes no part. */
  readonly kind: string | null;
  readonly reason: string | null;
  readonly detail: string;
  readonly outcomeUtc: string | null;
  readonly phase: string | null;
  readonly expectedStartUtc: string | null;
}

export interface FleetTable {
  readonly asOfUtc: string;
  /** Of all that fit. */
  readonly total: number;
  readonly value: readonly FleetRow[];
  readonly groups?: readonly { readonly name: string; readonly count: number }[];
}
