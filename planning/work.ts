import type { AvailabilitySetId } from '../domain/ids';
import type { Cohort } from './cohorts';

/** VMs that are updated together, under one claim: positions among the candidates. */
export interface RoundWork {
  readonly members: readonly number[];
  readonly cohort: Cohort;
  readonly isOfSet: boolean;
  /** Null of a set: not known, so that its one VM goes alone. */
  readonly updateDomain: number | null;
  /** So long after the first rounds of its batch it begins, to keep the patch-call budget. */
  readonly delaySeconds: number;
  /** Of a set some of whose members are expected to be down: so many of the round's VMs are expected to go one after another. */
  readonly inTurns?: number;
}

/** A batch of one window cohort: its rounds run side by side, as many as fit. */
export interface BatchWork {
  readonly group: string;
  readonly rounds: readonly RoundWork[];
  readonly atOnce: number;
}

/** What is to be done in a region, in the order in which it is to be taken. The same whatever phase the region falls into. */
export interface RegionWork {
  readonly region: string;
  readonly vmCount: number;
  readonly stages: readonly StageWork[];
}

export interface StageWork {
  readonly stage: string;
  readonly zone: string | null;
  /** By window cohort: growing batches of standalone VMs, one after another. */
  readonly tracks: readonly (readonly BatchWork[])[];
  readonly sets: readonly SetWork[];
}

export interface SetWork {
  readonly group: string;
  readonly availabilitySetId: AvailabilitySetId;
  /** All members in the inventory, eligible or not. */
  readonly setSize: number;
  /** One after another; of several cohorts always the one whose window comes first. */
  readonly rounds: readonly RoundWork[];
}
