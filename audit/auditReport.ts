/** The invariants of design section 12 that the auditor judges, in words for people. */
export const INVARIANTS = {
  'INV-1': 'One update domain of an availability set at a time, and no more than its share',
  'INV-2': 'Never both ends of a geo pair at once, nor in one phase',
  'INV-3': 'Never two zones of a region at once',
  'INV-4': 'Rollouts install within off-peak hours, and start nothing that cannot end in them',
  'INV-5': 'Rollouts install Critical and Security patches only',
  'INV-6': 'No phase before the gate of the one before it, and nothing new after a halt',
  'INV-7': 'One install at a time on a VM, and no patch twice',
  'INV-8': 'Every VM ends in exactly one outcome, with a reason, and every rollout ends',
  'INV-9': 'Nothing new starts while the rollout is paused',
  'INV-10': 'No gate opens on a VM that was not proven healthy',
  'INV-11': 'The audit reports the same installs as the log of the driver',
  'INV-13': 'No other update domain starts while a VM of the set is not proven healthy',
  'INV-14': 'No more installs in an image family than its healthy VMs allow',
  'INV-15': 'No more than its share of the standalone VMs that a subscription has in a region',
  'INV-16': 'Every VM that takes part and runs is assessed every few days',
  'INV-17': 'Nothing is done to a VM against the word of its owner',
} as const;
export type Invariant = keyof typeof INVARIANTS;

export interface Violation {
  readonly invariant: Invariant;
  /** Null when it is not about one VM. */
  readonly vm: string | null;
  readonly at: string;
  readonly detail: string;
}

/** Something in the log that the auditor could not read or place: until it is explained, no verdict is worth much. */
export interface Doubt {
  readonly vm: string | null;
  readonly at: string;
  readonly detail: string;
}

export type BlastScope = 'fleet' | 'region' | 'zone' | 'availabilitySet' | 'updateDomain' | 'subscription';

/** The moment at which the largest share of something was down. */
export interface Peak {
  readonly scope: BlastScope;
  readonly name: string;
  readonly count: number;
  readonly size: number;
  /** How many may be down at once by the policy; null where no rule limits this scope. */
  readonly limit: number | null;
  readonly at: string;
}

export interface BlastRadius {
  /** The worst of each scope; none where nothing of the kind was ever down. */
  readonly peaks: readonly Peak[];
  /** Of installs by rollouts. */
  readonly secondsOutOfWindow: number;
  /** Installs that started while a paired region was being disrupted. */
  readonly pairOverlaps: number;
}

export interface AuditReport {
  readonly fromUtc: string | null;
  readonly untilUtc: string;
  readonly vmCount: number;
  readonly eventCount: number;
  readonly installs: { readonly rollout: number; readonly onDemand: number };
  readonly violations: readonly Violation[];
  readonly doubts: readonly Doubt[];
  /** How many times each invariant was put to the test; 0 says nothing about it. */
  readonly evaluations: Readonly<Record<Invariant, number>>;
  readonly blastRadius: BlastRadius;
}

/** Collects what the rules find. */
export class Findings {
  readonly violations: Violation[] = [];
  readonly doubts: Doubt[] = [];
  readonly evaluations: Record<Invariant, number> = {
    'INV-1': 0,
    'INV-2': 0,
    'INV-3': 0,
    'INV-4': 0,
    'INV-5': 0,
    'INV-6': 0,
    'INV-7': 0,
    'INV-8': 0,
    'INV-9': 0,
    'INV-10': 0,
    'INV-11': 0,
    'INV-13': 0,
    'INV-14': 0,
    'INV-15': 0,
    'INV-16': 0,
    'INV-17': 0,
  };

  evaluated(invariant: Invariant, times = 1): void {
    this.evaluations[invariant] += times;
  }

  violated(invariant: Invariant, vm: string | null, atMs: number, detail: string): void {
    this.violations.push({ invariant, vm, at: utcOf(atMs), detail });
  }

  doubted(vm: string | null, at: string, detail: string): void {
    this.doubts.push({ vm, at, detail });
  }
}

/** Also for an instant out of the calendar, which a log in doubt may lead to. */
export function utcOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : 'never';
}
