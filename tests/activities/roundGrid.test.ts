import { RoundGrid } from '../../activities/round/roundGrid';
import { addSeconds, secondsBetween } from '../../domain/instants';
import { defaultPolicy } from '../../domain/policy';

const STARTED = '2026-11-13T03:15:00.000Z';
const { installPollFirstSeconds } = defaultPolicy;

/** The grid of a round as it is seen at an instant. */
const at = (nowUtc: string): RoundGrid =>
  new RoundGrid({ nowUtc: () => nowUtc, policy: defaultPolicy }, 'round-1', STARTED);

/** An instant of the grid: what is due soon after the start is put off to it. */
const ON_THE_GRID = at(STARTED).next(addSeconds(STARTED, 600));

/** Seconds from an instant of the grid to that of the next look, for one that came so late and waits so long. */
const nextAfter = (lateSeconds: number, waitSeconds: number): number => {
  const nowUtc = addSeconds(ON_THE_GRID, lateSeconds);
  return secondsBetween(ON_THE_GRID, at(nowUtc).next(addSeconds(nowUtc, waitSeconds)));
};

describe('when the VMs of a round are looked at again', () => {
  it('a look that comes some seconds late, as on the Functions host, is followed by the next at the instant at which it would be otherwise', () => {
    for (const lateSeconds of [0, 0.2, 3, 29])
      expect(nextAfter(lateSeconds, installPollFirstSeconds)).toBe(installPollFirstSeconds);
  });

  it('a wait that begins elsewhere, as after a failure, ends no sooner than it was asked for', () => {
    for (const lateSeconds of [31, 100, 299]) {
      const next = nextAfter(lateSeconds, installPollFirstSeconds);
      expect(next).toBeGreaterThanOrEqual(lateSeconds + installPollFirstSeconds);
      expect(next % 300).toBe(0);
    }
  });

  it('what a platform asks for in less than a step of the grid is waited for whole', () => {
    expect(nextAfter(20, 90)).toBeGreaterThanOrEqual(110);
  });

  it('what is due now stays due now', () => {
    expect(at(STARTED).next(STARTED)).toBe(STARTED);
  });
});
