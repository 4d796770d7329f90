import type { DownNow, Interval, Timeline, TimelineRegion } from '../api';

type Phases = Timeline['phases'];

/** The timeline with what is being done at this moment: an installation counts as work from its beginning, not from its outcome. */
export function withWorkUnderWay(phases: Phases, down: readonly DownNow[], nowUtc: string): Phases {
  if (down.length === 0) return phases;
  return phases.map(({ phase, regions }) => ({
    phase,
    regions: regions.map((region) => {
      const here = down.filter((claim) => claim.region === region.region);
      return here.length === 0 ? region : withWork(region, here, nowUtc);
    }),
  }));
}

function withWork(region: TimelineRegion, down: readonly DownNow[], nowUtc: string): TimelineRegion {
  return {
    ...region,
    worked: [...region.worked, ...underWay(down, nowUtc)],
    stages: region.stages.map((stage) => ({
      ...stage,
      worked: [
        ...stage.worked,
        ...underWay(
          down.filter(({ zone }) => zone === stage.zone),
          nowUtc,
        ),
      ],
    })),
  };
}

function underWay(down: readonly DownNow[], nowUtc: string): readonly Interval[] {
  const [first] = down
    .flatMap(({ vms }) => vms.flatMap(({ sinceUtc }) => (sinceUtc === null ? [] : [sinceUtc])))
    .sort();
  return first === undefined || first >= nowUtc ? [] : [[first, nowUtc]];
}
