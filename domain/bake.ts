import { addSeconds, earlier, later, secondsBetween } from './instants';

/** A VM that dies half an hour after its reboot has to be seen, however soon the next window opens. */
export const BAKE_MIN_SECONDS = 1800;

/** The look is over when the windows open. */
const BEFORE_WINDOW_SECONDS = 600;

const DAY_SECONDS = 86_400;

/**
 * When the VMs of a phase are probed again whose bake lasts until the next window: shortly before it opens. `windowUtc` is an instant at which
 * windows of the next phase open, that of the forecast; they open every day.
 */
export function judgedAfterBakeUtc(gateUtc: string, windowUtc: string | null): string {
  const soonestUtc = addSeconds(gateUtc, BAKE_MIN_SECONDS);
  if (windowUtc === null) return soonestUtc;
  const days = Math.max(0, Math.ceil(secondsBetween(windowUtc, gateUtc) / DAY_SECONDS));
  const opensUtc = addSeconds(windowUtc, days * DAY_SECONDS);
  const dayUtc = addSeconds(gateUtc, DAY_SECONDS);
  return later(soonestUtc, earlier(dayUtc, addSeconds(opensUtc, -BEFORE_WINDOW_SECONDS)));
}
