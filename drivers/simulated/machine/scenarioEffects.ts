import { chance } from '../../../domain/seed';
import { monthStartMs, NO_INTERVALS, releaseMsOf, within, type Interval, type MonthIndex } from '../calendar';
import { isDayOf, type EffectKind } from '../scenario';
import type { PatchSeries } from '../patches/patchSeries';
import { DAY_MS, MINUTE_MS } from '../../../domain/timeUnits';
import type { ActiveEffect, Machine } from './machine';

/** The effect of this kind on the VM at this instant, if any. `call` numbers the calls, of which an effect meets `percent`. */
export function activeEffect(
  machine: Machine,
  what: EffectKind,
  ms: number,
  call: string | number,
): ActiveEffect | undefined {
  return machine.effects.find(
    (active) =>
      active.effect.what === what &&
      within(active, ms) &&
      isDayOf(active.effect, ms) &&
      chance(active.random, what, call) * 100 < active.effect.percent,
  );
}

/** A patch of class Security-ESM: it is found and counted, and cannot be installed without Ubuntu Pro. */
export function needsUbuntuPro(machine: Machine, { key, classification }: PatchSeries, ms: number): boolean {
  return (
    machine.vm.osType === 'Linux' &&
    classification === 'Security' &&
    activeEffect(machine, 'needsUbuntuPro', ms, key) !== undefined
  );
}

/** When effects of a kind that has a time of its own last, in this month: clipped to it, so that no interval is longer. */
export function effectIntervals(machine: Machine, what: EffectKind, month: MonthIndex): readonly Interval[] {
  const effects = machine.effects.filter(({ effect }) => effect.what === what);
  if (effects.length === 0) return NO_INTERVALS;
  return effects.flatMap((active) =>
    [month - 1, month].flatMap((release) => {
      const { fromMs, toMs } = spanOf(active, release);
      const clipped = {
        fromMs: Math.max(fromMs, active.fromMs, monthStartMs(month)),
        toMs: Math.min(toMs, active.toMs, monthStartMs(month + 1)),
      };
      return clipped.fromMs < clipped.toMs ? [clipped] : [];
    }),
  );
}

/** The days of the effect after this release; with `forMinutes`, a stretch of that length that begins in them. */
export function spanOf({ effect, random }: ActiveEffect, release: MonthIndex): Interval {
  const startMs = releaseMsOf(release);
  const nextMs = releaseMsOf(release + 1);
  const fromMs = Math.min(startMs + (effect.when?.fromDay ?? 0) * DAY_MS, nextMs);
  const toMs =
    effect.when === undefined ? nextMs : Math.min(startMs + (effect.when.toDay + 1) * DAY_MS, nextMs);
  if (effect.forMinutes === undefined || toMs <= fromMs) return { fromMs, toMs };
  const begins = Math.floor(fromMs + chance(random, 'begins', release) * (toMs - fromMs));
  return { fromMs: begins, toMs: begins + effect.forMinutes * MINUTE_MS };
}
