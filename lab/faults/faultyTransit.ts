import type { Transit } from '../../emulator/host';
import type { FaultKind, Faults } from './faults';

const LATE: readonly (readonly [FaultKind, number])[] = [['messageDelayed', 0.003]];
const HANGS: readonly (readonly [FaultKind, number])[] = [['activityHangs', 0.0005]];

/** A busy queue delays by seconds, a partition that moves by minutes. */
const LATE_MS_MAX = 10 * 60_000;
/** When the host gives up a function: ten minutes on the plans that Lowtide is made for; then the message becomes visible again. */
const FUNCTION_TIMEOUT_MS = 10 * 60_000;

/** Messages that come late, and thereby in another order; workers that do their work and never report the result. */
export function faultyTransit(faults: Faults): Transit {
  const late = faults.stream('transit', LATE);
  const hangs = faults.stream('hangs', HANGS);
  return {
    lateMs: () => (late() === null ? 0 : Math.ceil(faults.share() ** 3 * LATE_MS_MAX)),
    hangsMs: () => (hangs() === null ? 0 : FUNCTION_TIMEOUT_MS),
  };
}
