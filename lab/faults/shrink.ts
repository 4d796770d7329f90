import { FAULT_KINDS, type FaultKind } from './faults';
import type { MonthOptions, MonthReport } from './runMonth';

/** The same seed with fewer VMs and fewer kinds of faults, still violating the same invariant. */
export interface Reproduction {
  readonly seed: number;
  readonly vms: number;
  readonly kinds: readonly FaultKind[];
  readonly runs: number;
}

const RUNS_MAX = 60;
const VMS_MIN = 4;

/** Leaves out what is not needed, greedily: halves the kinds while it can, then one by one; the same with the VMs. */
export async function shrink(
  { seed, vms, violations }: MonthReport,
  run: (options: MonthOptions) => Promise<MonthReport>,
): Promise<Reproduction> {
  const invariants = new Set(violations.map(({ invariant }) => invariant));
  let runs = 0;
  const stillFails = async (options: MonthOptions): Promise<boolean> => {
    if (runs >= RUNS_MAX) return false;
    runs += 1;
    return (await run(options)).violations.some(({ invariant }) => invariants.has(invariant));
  };
  let kinds: readonly FaultKind[] = FAULT_KINDS;
  for (let size = Math.ceil(kinds.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let from = 0; from < kinds.length;) {
      const fewer = [...kinds.slice(0, from), ...kinds.slice(from + size)];
      if (await stillFails({ seed, vms, kinds: fewer })) kinds = fewer;
      else from += size;
    }
  let smallest = vms;
  for (let fewer = vms >> 1; fewer >= VMS_MIN; fewer >>= 1) {
    if (!(await stillFails({ seed, vms: fewer, kinds }))) break;
    smallest = fewer;
  }
  return { seed, vms: smallest, kinds, runs };
}

export function commandOf({ seed, vms, kinds }: Omit<Reproduction, 'runs'>): string {
  const only =
    kinds.length === FAULT_KINDS.length ? '' : ` --kinds ${kinds.length === 0 ? 'none' : kinds.join(',')}`;
  return `npm run torture -- --from ${seed} --seeds 1 --vms ${vms}${only}`;
}
