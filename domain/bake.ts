import { addSeconds, earlier, later } from './instants';
import { DAY_SECONDS } from './timeUnits';

/** A VM that dies half an hour after its reboot has to be seen, however soon the next window opens. */
export const BAKE_MIN_SECONDS = 1800;

/** The look is over when the windows open. */
const BEFORE_WINDOW_SECONDS = 600;

/**
 * When the VMs of a phase are probed again whose bake lasts until the next window: shortly before the first window of the next phase opens that
 * opens after the gate (null: not known). Later, and the regions whose windows opened meanwhile would lose a day.
 */
export function judgedAfterBakeUtc(gateUtc: string, opensUtc: string | null): string {
  const soonestUtc = addSeconds(gateUtc, BAKE_MIN_SECONDS);
  if (opensUtc === null) return soonestUtc;
  const dayUtc = addSeconds(gateUtc, DAY_SECONDS);
  return later(soonestUtc, earlier(dayUtc, addSeconds(opensUtc, -BEFORE_WINDOW_SECONDS)));
}
