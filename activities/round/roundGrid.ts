import { secondsBetween, utcOf } from '../../domain/instants';
import { chance } from '../../domain/seed';
import type { Services } from '../services';

/**
 * VMs of a round are looked at together: each due instant is put off to a common grid. The waits of the policy are multiples of its coarse step, so
 * that a round of 80 VMs is looked at as often as one of a single VM, and none of them waits longer than alone.
 */
const GRID_SECONDS_MAX = 300;
/** A look comes so late after its instant when a queue was looked into seldom (host.json: `maxQueuePollingInterval`). */
const LATE_MS_MAX = 30_000;
/** Shorter waits, those of a step that is tried again, are put off by no more than this. */
const FINE_GRID_SECONDS_MAX = 60;

export class RoundGrid {
  /**
   * Where the grid begins: when a round that began by starting its assessments looks at them first. Rounds that began together are not looked at in
   * the same moment for ever.
   */
  readonly #fromMs: number;

  constructor(
    readonly services: Pick<Services, 'nowUtc' | 'policy'>,
    claimId: string,
    startedUtc: string,
  ) {
    const offsetMs = Math.floor(chance('grid', claimId) * FINE_GRID_SECONDS_MAX * 1000);
    this.#fromMs = Date.parse(startedUtc) + services.policy.assessmentPollFirstSeconds * 1000 + offsetMs;
  }

  /** The instant of the grid at which is looked at what is due then; what is due now stays due now. */
  next(dueUtc: string): string {
    const { nowUtc, policy } = this.services;
    const { installPollFirstSeconds, healthPollSeconds, assessmentPollSeconds } = policy;
    const waitSeconds = secondsBetween(nowUtc(), dueUtc);
    if (waitSeconds <= 0) return dueUtc;
    const coarse = Math.min(
      GRID_SECONDS_MAX,
      installPollFirstSeconds,
      healthPollSeconds,
      assessmentPollSeconds,
    );
    const step = (waitSeconds < coarse ? Math.min(FINE_GRID_SECONDS_MAX, coarse) : coarse) * 1000;
    if (step <= 0) return dueUtc;
    const dueMs = Date.parse(dueUtc) - (waitSeconds < coarse ? 0 : this.#lateMs(step));
    return utcOf(Math.ceil((dueMs - this.#fromMs) / step) * step + this.#fromMs);
  }

  /**
   * How long ago the instant was that this look was put off to; 0 where it was none. On the Functions host every look is some seconds late: a wait counted
   * from them would always miss the instant that it was meant to end at, and last a step longer.
   */
  #lateMs(step: number): number {
    const sinceMs = Date.parse(this.services.nowUtc()) - this.#fromMs;
    const lateMs = sinceMs - Math.floor(sinceMs / step) * step;
    return lateMs <= LATE_MS_MAX ? lateMs : 0;
  }
}
