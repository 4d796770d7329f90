import { generateFleet } from '../../fleets/generateFleet';
import { parseFleet } from '../../drivers/fleet/parseFleet';
import { VmId } from '../../domain/ids';
import { releaseOf } from '../../domain/release';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { figureOf, type Benchmark, type Figure } from './benchmark';
import { MONTH, monthPlan } from './monthPlan';
import { DAY_MS } from '../../domain/timeUnits';

/** Issue 12, rows 1 and 2: with every step of the ladder, by this day. */
const MIXED_SIZES = [600, 5_000, 10_000, 50_000, 100_000];
const TARGET_DAY = 21;
const ONE_REGION = [
  { vms: 10_000, day: 4 },
  { vms: 50_000, day: 8 },
] as const;

/** When the last VM of a fleet is expected to be done. */
export const forecastBenchmark: Benchmark = {
  name: 'forecast',
  what: `forecasts of made-up fleets of ${MIXED_SIZES.join(', ')} VMs, and of one subscription in one region`,
  run: ({ say }) => {
    const figures: Figure[] = [];
    for (const size of MIXED_SIZES) {
      const { vms } = parseFleet(JSON.stringify(generateFleet({ vms: size, seed: 1 })), 'made up');
      figures.push(...forecast(`mixed-${size}`, vms, TARGET_DAY, say));
    }
    for (const { vms, day } of ONE_REGION)
      figures.push(...forecast(`one-region-${vms}`, alone(vms), day, say));
    return figures;
  },
};

function forecast(
  name: string,
  vms: readonly VirtualMachine[],
  dayMax: number,
  say: (line: string) => void,
): readonly Figure[] {
  const nowUtc = releaseOf(MONTH);
  const plan = monthPlan(vms);
  const ends = plan.phases.map(({ expectedEndUtc }) => expectedEndUtc).sort();
  const day = (Date.parse(ends.at(-1) ?? nowUtc) - Date.parse(nowUtc)) / DAY_MS;
  const shares = plan.phases.map(({ vmCount }) => `${((100 * vmCount) / plan.vmCount).toFixed(1)} %`);
  say(`${name}: ${plan.phases.length} phases of ${shares.join(', ')}; last VM on day ${day.toFixed(1)}`);
  return [
    figureOf(`${name} last VM`, 'days', [day], dayMax),
    figureOf(`${name} late`, 'VMs', [plan.late.length], 0),
  ];
}

/** Standalone VMs of one subscription and image in one region, without zones. */
function alone(count: number): readonly VirtualMachine[] {
  const { vms } = parseFleet(JSON.stringify(generateFleet({ vms: 600, seed: 1 })), 'made up');
  const plan = monthPlan(vms);
  const out = new Set(plan.ineligible.map(({ vmId }) => vmId));
  const like = vms.find(
    ({ id, zone, availabilitySetId }) => zone === null && availabilitySetId === null && !out.has(id),
  );
  if (like === undefined) throw new Error('The fleet of 600 has no standalone VM without a zone.');
  return Array.from({ length: count }, (_, n) => ({
    ...like,
    id: VmId.parse(`${like.id}-${n}`),
    name: `${like.name}-${n}`,
    uniqueId: `${n}`,
  }));
}
