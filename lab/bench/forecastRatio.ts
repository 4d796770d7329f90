import type { SimulationReport } from '../../local/simulateMonth';
import type { Plan } from '../../planning/plan';

export interface ForecastRatios {
  /** Of the last phase whose gate opened: forecast in parts of what was simulated, both from the release on. */
  readonly last: number;
  /** Of all phases the ratio that is furthest from 1. */
  readonly furthestFromOne: number;
}

/** What the plan said of each phase's gate, beside when it opened in the simulated month. */
export function forecastRatios(
  { phases, releasedUtc }: Pick<Plan, 'phases' | 'releasedUtc'>,
  { phases: ran }: Pick<SimulationReport, 'phases'>,
): ForecastRatios {
  const since = (utc: string): number => Date.parse(utc) - Date.parse(releasedUtc);
  const ratios = phases.flatMap(({ expectedGateUtc }, n) => {
    const endedUtc = ran[n]?.endedUtc ?? null;
    return endedUtc === null ? [] : [since(expectedGateUtc) / since(endedUtc)];
  });
  const furthest = ratios.reduce((a, b) => (Math.abs(b - 1) > Math.abs(a - 1) ? b : a), 1);
  return { last: ratios.at(-1) ?? NaN, furthestFromOne: furthest };
}
