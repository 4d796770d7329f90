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

export interface FinishRatios {
  /** When half of the VMs were to be done, in parts of when they were, both from the release on. */
  readonly p50: number;
  /** The same of 95 of 100. */
  readonly p95: number;
  /** Foreseen less simulated, in hours. */
  readonly p50OffHours: number;
  readonly p95OffHours: number;
}

/** Outcomes of VMs that had their turn and used it. */
const DONE: ReadonlySet<string> = new Set(['patched', 'upToDate', 'failed', 'unhealthy']);

/** The finish that a preview says, beside that of the simulated month, of the VMs that were done in it. */
export function finishRatios(
  { phases, releasedUtc }: Pick<Plan, 'phases' | 'releasedUtc'>,
  { virtualMachines }: Pick<SimulationReport, 'virtualMachines'>,
): FinishRatios {
  const since = (utc: string): number => Date.parse(utc) - Date.parse(releasedUtc);
  const done = new Map(
    virtualMachines.flatMap(({ vm, kind, atUtc }) => (DONE.has(kind) ? [[vm, since(atUtc)] as const] : [])),
  );
  const planned = new Map(
    phases
      .flatMap(({ regions }) => regions)
      .flatMap(({ stages }) => stages)
      .flatMap(({ groups }) => groups)
      .flatMap(({ rounds }) => rounds)
      .flatMap(({ vmIds, expectedEndUtc }) =>
        vmIds.map((id) => [id as string, since(expectedEndUtc)] as const),
      ),
  );
  const both = [...done.keys()].filter((vm) => planned.has(vm));
  const at = (share: number, times: ReadonlyMap<string, number>): number =>
    atShare(
      both.map((vm) => times.get(vm) ?? 0),
      share,
    );
  const ratio = (share: number): number => at(share, planned) / at(share, done);
  const offHours = (share: number): number => (at(share, planned) - at(share, done)) / 3_600_000;
  return { p50: ratio(0.5), p95: ratio(0.95), p50OffHours: offHours(0.5), p95OffHours: offHours(0.95) };
}

/** By nearest rank, as a preview says it. */
function atShare(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1] ?? NaN;
}
