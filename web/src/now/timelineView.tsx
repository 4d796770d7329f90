import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type {
  DownNow,
  Interval,
  Phase,
  Rollout,
  Timeline,
  TimelineRegion,
  TimelineSpan,
  TimelineStage,
} from '../api';
import { count, many, phaseName, readable, stageName, time, vms } from '../format';
import { Icon } from '../parts/icon';
import { withWaiting } from '../parts/outcomeBar';
import { outcomeLook } from '../states';
import { Bar, type BarSpan } from './timelineBar';
import { scaleOf, type Scale } from './timelineScale';
import { withWorkUnderWay } from './workUnderWay';

interface TimelineViewProps {
  readonly rollout: Rollout;
  readonly timeline: Timeline | null;
  readonly nowUtc: string;
  readonly down: readonly DownNow[];
}

/** Phases, regions and stages from release to end: the plan as outline, what happened as fill, off-peak hours as bands. */
export function TimelineView({ rollout, timeline, nowUtc, down }: TimelineViewProps): JSX.Element {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const phases = withWorkUnderWay(timeline?.phases ?? [], down, nowUtc);
  const scale = scaleOf(rollout, timeline, nowUtc);
  const isOpen = (key: string, byDefault: boolean): boolean => toggled.has(key) !== byDefault;
  const toggle = (key: string): void => {
    const next = new Set(toggled);
    if (!next.delete(key)) next.add(key);
    setToggled(next);
  };
  return (
    <section
      class="card timeline"
      aria-labelledby="timeline"
      style={{ '--day-step': `${((scale.ticks[1]?.x ?? 100) - (scale.ticks[0]?.x ?? 0)).toFixed(4)}%` }}
    >
      <div class="card-head">
        <h2 id="timeline">Timeline</h2>
        <Key />
      </div>
      {phases.length === 0 ? (
        <p class="quiet">{timeline === null ? 'Reading the plan …' : 'There is no plan yet.'}</p>
      ) : (
        <>
          <Axis scale={scale} />
          <ul class="rows">
            {phases.map(({ phase, regions }) => {
              const known = rollout.phases.find((one) => one.phase === phase);
              const opened = isOpen(phase, isUnderWay(known));
              return (
                <li key={phase}>
                  <PhaseRow
                    phase={phase}
                    regions={regions}
                    known={known}
                    scale={scale}
                    opened={opened}
                    toggle={toggle}
                  />
                  {opened && (
                    <ul>
                      {regions.map((region) => {
                        const key = `${phase} ${region.region}`;
                        return (
                          <RegionRows
                            key={key}
                            id={key}
                            region={region}
                            scale={scale}
                            opened={isOpen(key, false)}
                            toggle={toggle}
                            down={down.filter((claim) => claim.region === region.region)}
                          />
                        );
                      })}
                    </ul>
                  )}
                </li>
              );
            })}
          </ul>
        </>
      )}
    </section>
  );
}

const isUnderWay = (phase: Phase | undefined): boolean =>
  phase !== undefined && phase.startedUtc !== null && phase.endedUtc === null;

function Key(): JSX.Element {
  return (
    <ul class="key">
      <li>
        <span class="key-plan" aria-hidden="true" /> planned
      </li>
      <li>
        <span class="key-worked" aria-hidden="true" /> happened
      </li>
      <li>
        <span class="key-forecast" aria-hidden="true" /> expected
      </li>
      <li>
        <span class="key-gate" aria-hidden="true" /> gate of the phase
      </li>
      <li>
        <span class="key-band" aria-hidden="true" /> off-peak hours there
      </li>
    </ul>
  );
}

function Axis({ scale }: { readonly scale: Scale }): JSX.Element {
  return (
    <div class="row axis" aria-hidden="true">
      <span class="row-label quiet">days in UTC</span>
      <div class="row-bar">
        {scale.ticks.map(({ x, label }) => (
          <span key={label} class="tick" style={{ left: `${x}%` }}>
            {label}
          </span>
        ))}
        {scale.nowX !== null && (
          <span class={scale.nowX > 85 ? 'now-label left' : 'now-label'} style={{ left: `${scale.nowX}%` }}>
            now
          </span>
        )}
      </div>
      <span class="row-count" />
    </div>
  );
}

interface PhaseRowProps {
  readonly phase: string;
  readonly regions: readonly TimelineRegion[];
  readonly known: Phase | undefined;
  readonly scale: Scale;
  readonly opened: boolean;
  readonly toggle: (key: string) => void;
}

function PhaseRow({ phase, regions, known, scale, opened, toggle }: PhaseRowProps): JSX.Element {
  const span = sumOf(regions);
  return (
    <div class="row phase-row">
      <Expander id={phase} opened={opened} toggle={toggle}>
        {phaseName(phase)} <span class="quiet row-detail">{many(regions.length, 'region')}</span>
      </Expander>
      <Bar
        scale={scale}
        span={span}
        name={describe(phaseName(phase), span)}
        gateUtc={known?.endedUtc ?? null}
      />
      <RowCount span={span} />
      {known !== undefined && known.gate !== null && opened && (
        <p class="gate quiet">
          Gate {known.gate.kind}
          {known.endedUtc === null ? '' : `, ${time(known.endedUtc)}`}: {readable(known.gate.why)}
        </p>
      )}
    </div>
  );
}

interface RegionRowsProps {
  readonly id: string;
  readonly region: TimelineRegion;
  readonly scale: Scale;
  readonly opened: boolean;
  readonly toggle: (key: string) => void;
  readonly down: readonly DownNow[];
}

function RegionRows({ id, region, scale, opened, toggle, down }: RegionRowsProps): JSX.Element {
  const downNow = down.reduce((sum, claim) => sum + claim.count, 0);
  return (
    <li>
      <div class="row">
        <Expander id={id} opened={opened} toggle={toggle}>
          <span class="value" title={`${region.region}, ${region.timeZone}`}>
            {region.region}
          </span>
        </Expander>
        <Bar
          scale={scale}
          span={region}
          bands={region.offPeak}
          zone={region.timeZone}
          name={describe(region.region, region)}
        />
        <RowCount span={region} downNow={downNow} />
      </div>
      {opened && (
        <ul>
          {region.stages.map((stage) => (
            <StageRow key={stage.stage} stage={stage} region={region} scale={scale} />
          ))}
        </ul>
      )}
    </li>
  );
}

interface StageRowProps {
  readonly stage: TimelineStage;
  readonly region: TimelineRegion;
  readonly scale: Scale;
}

function StageRow({ stage, region, scale }: StageRowProps): JSX.Element {
  const sets = stage.groups.filter(({ availabilitySetId }) => availabilitySetId !== null).length;
  return (
    <li class="row">
      <span class="row-label stage-label">
        {stageName(stage.stage)}
        {sets > 0 && <span class="quiet row-detail">{many(sets, 'set')}</span>}
      </span>
      <Bar
        scale={scale}
        span={stage}
        bands={region.offPeak}
        zone={region.timeZone}
        name={describe(stageName(stage.stage), stage)}
      />
      <RowCount span={stage} />
    </li>
  );
}

interface ExpanderProps {
  readonly id: string;
  readonly opened: boolean;
  readonly toggle: (key: string) => void;
  readonly children: JSX.Element | (JSX.Element | string | false)[];
}

function Expander({ id, opened, toggle, children }: ExpanderProps): JSX.Element {
  return (
    <button
      type="button"
      class="row-label expander"
      aria-expanded={opened}
      onClick={() => {
        toggle(id);
      }}
    >
      <Icon name={opened ? 'down' : 'right'} />
      {children}
    </button>
  );
}

interface RowCountProps {
  readonly span: Pick<TimelineSpan, 'outcomes' | 'vmCount'>;
  readonly downNow?: number;
}

/** `21 of 21 VMs`, with what went wrong in words. */
function RowCount({ span: { outcomes, vmCount }, downNow = 0 }: RowCountProps): JSX.Element {
  const all = withWaiting(outcomes, vmCount);
  const open = (all['waiting'] ?? 0) + (all['deferred'] ?? 0);
  const bad = (['unhealthy', 'failed'] as const).filter((kind) => (outcomes[kind] ?? 0) > 0);
  return (
    <span class="row-count">
      {count(vmCount - open)}
      <span class="quiet"> of {vms(vmCount)}</span>
      {downNow > 0 && <span class="down-now">{count(downNow)} down now</span>}
      {bad.map((kind) => (
        <span key={kind} class={`row-bad t-${kind}`}>
          <Icon name={outcomeLook(kind).icon} />
          {count(outcomes[kind] ?? 0)} {kind}
        </span>
      ))}
    </span>
  );
}

function sumOf(regions: readonly TimelineRegion[]): TimelineSpan {
  const outcomes: Record<string, number> = {};
  const worked: Interval[] = [];
  let vmCount = 0;
  for (const region of regions) {
    vmCount += region.vmCount;
    worked.push(...region.worked);
    for (const [kind, number] of Object.entries(region.outcomes))
      outcomes[kind] = (outcomes[kind] ?? 0) + number;
  }
  const starts = regions.map(({ expectedStartUtc }) => expectedStartUtc).sort();
  const ends = regions.map(({ expectedEndUtc }) => expectedEndUtc).sort();
  const forecasts = regions.flatMap(({ forecast }) => (forecast === null ? [] : [forecast]));
  const first = forecasts.map(([start]) => start).sort()[0];
  const last = forecasts
    .map(([, end]) => end)
    .sort()
    .at(-1);
  return {
    vmCount,
    outcomes,
    worked,
    expectedStartUtc: starts[0] ?? '',
    expectedEndUtc: ends.at(-1) ?? '',
    forecast: first === undefined || last === undefined ? null : [first, last],
  };
}

/** What the bar shows, in words. */
function describe(name: string, { expectedStartUtc, expectedEndUtc, worked, forecast }: BarSpan): string {
  const expected = forecast === null ? '' : `. Expected from ${time(forecast[0])} to ${time(forecast[1])}`;
  const planned = `${name}: planned from ${time(expectedStartUtc)} to ${time(expectedEndUtc)}${expected}`;
  const first = worked[0];
  const last = worked.at(-1);
  if (first === undefined || last === undefined) return `${planned}. Nothing has been done yet.`;
  return `${planned}. Work from ${time(first[0])} to ${time(last[1])}.`;
}
