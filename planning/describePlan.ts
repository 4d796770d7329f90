import { wordsInLines } from '../collections/wordsInLines';
import { groupedBy } from '../domain/groupedBy';
import { bakesAsCanary } from '../domain/rings';
import { DateTime } from 'luxon';
import { daysBetween } from '../domain/instants';
import { regionTimeZone } from '../domain/regions';
import type { Plan, PlannedPhase, PlannedRegion, PlannedStage } from './plan';
import { resourceName } from '../domain/ids';

export interface PlanTextOptions {
  /** At most so many late VMs are named; the rest is counted. */
  readonly lateMax?: number;
}

const LATE_MAX = 10;
const LINE_WIDTH = 100;
const LABEL_WIDTH = 22;

/** The plan as text, for people: what happens where and when, by the region's own clock. */
export function describePlan(plan: Plan, { lateMax = LATE_MAX }: PlanTextOptions = {}): string {
  return [
    ...heading(plan),
    ...plan.phases.flatMap((phase) => ['', ...describePhase(phase, plan)]),
    ...describeLate(plan, lateMax),
    ...describeIneligible(plan),
    '',
  ].join('\n');
}

function heading(plan: Plan): string[] {
  const ends = plan.phases.map(({ expectedEndUtc }) => expectedEndUtc).sort();
  const last = ends.at(-1);
  const of = (utc: string): string => instantText(utc, 'UTC');
  const days = (utc: string): number => Math.ceil(daysBetween(plan.releasedUtc, utc));
  return [
    `${plan.rolloutId}: ${count(plan.vmCount, 'VM')} in ${count(plan.phases.length, 'phase')}`,
    `  released  ${of(plan.releasedUtc)}`,
    last === undefined ? '  expected  nothing to do' : `  expected  done ${of(last)}, on day ${days(last)}`,
    `  ends      ${of(plan.endsUtc)}, on day ${days(plan.endsUtc)}, done or not`,
  ];
}

function describePhase(phase: PlannedPhase, plan: Plan): string[] {
  const share = plan.vmCount === 0 ? 0 : (phase.vmCount * 100) / plan.vmCount;
  const regions = count(phase.regions.length, 'region');
  const isCanary = phase.ring === undefined && bakesAsCanary(plan.phases, plan.phases.indexOf(phase));
  const title = `Phase ${phase.phase}${phase.ring !== undefined ? ` (ring ${phase.ring})` : isCanary ? ' (canary)' : ''}`;
  return [
    `${title}: ${count(phase.vmCount, 'VM')}, ${percent(share)} of all, in ${regions}`,
    ...phase.regions.flatMap(describeRegion),
  ];
}

function describeRegion(region: PlannedRegion): string[] {
  const zone = regionTimeZone(region.region);
  const windows = `${instantText(region.expectedStartUtc, zone)} to ${instantText(region.expectedEndUtc, zone)}`;
  return [
    `  ${region.region.padEnd(LABEL_WIDTH - 2)}${count(region.vmCount, 'VM').padStart(9)}   ${windows} (${zone})`,
    ...region.stages.flatMap((stage) => wrap(describeStage(stage), 6)),
  ];
}

function describeStage({ stage, groups }: PlannedStage): string {
  const batches = groups.filter(({ kind }) => kind === 'standalone');
  const sets = groups.filter(({ kind }) => kind === 'availabilitySet');
  const parts = [
    batches.length === 0
      ? null
      : `${count(batches.length, 'batch', 'batches')} of ${batches.map(({ vmCount }) => vmCount).join(', ')}`,
    sets.length === 0 ? null : `${count(sets.length, 'set')}: ${sets.map(setText).join(', ')}`,
  ].filter((part) => part !== null);
  return `${stage.padEnd(10)}${parts.join('; ')}`;
}

function setText({ group, vmCount, rounds }: PlannedStage['groups'][number]): string {
  const name = group.replace(/-[0-9a-f]{24}$/, '');
  return `${name} (${count(vmCount, 'VM')} in ${count(rounds.length, 'round')})`;
}

function describeLate({ late }: Plan, lateMax: number): string[] {
  if (late.length === 0) return ['', 'Late: none. Every VM is expected to be done by the target day.'];
  const named = late
    .slice(0, lateMax)
    .map(
      ({ vmId, expectedStartUtc, detail }) =>
        `  ${nameOf(vmId)}: ${instantText(expectedStartUtc, 'UTC')}; ${detail}`,
    );
  const rest = late.length > lateMax ? [`  … and ${count(late.length - lateMax, 'more VM')}`] : [];
  return ['', `Late: ${count(late.length, 'VM')}`, ...named.flatMap((line) => wrap(line.trim(), 2)), ...rest];
}

/** By reason, the most frequent first, each with one example in full. */
function describeIneligible({ ineligible }: Plan): string[] {
  if (ineligible.length === 0) return ['', 'Not eligible: none.'];
  const lines = [...groupedBy(ineligible, ({ reason }) => reason)]
    .sort(([a, those], [b, these]) => these.length - those.length || (a < b ? -1 : 1))
    .flatMap(([reason, absences]) => {
      const [example] = absences;
      const such = example === undefined ? '' : `e.g. ${nameOf(example.vmId)}: ${example.detail}`;
      return wrap(`${reason.padEnd(LABEL_WIDTH)}${String(absences.length).padStart(6)}   ${such}`, 2);
    });
  return ['', `Not eligible: ${count(ineligible.length, 'VM')}`, ...lines];
}

function nameOf(vmId: string): string {
  return resourceName(vmId);
}

/** `Wed 11 Nov 22:00`, in words and numbers that do not depend on the machine's language. */
function instantText(utc: string, zone: string): string {
  return `${DateTime.fromISO(utc, { zone }).setLocale('en-GB').toFormat('ccc d LLL yyyy HH:mm')}${zone === 'UTC' ? ' UTC' : ''}`;
}

function percent(share: number): string {
  return `${share >= 10 || Number.isInteger(share) ? share.toFixed(0) : share.toFixed(1)} %`;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** Breaks at spaces; the lines that follow are indented a little further. */
function wrap(text: string, indent: number): string[] {
  const indentOf = (line: number): number => indent + (line === 0 ? 0 : 4);
  const lines = wordsInLines(text.split(/(?<=\S) /), (line) => LINE_WIDTH - indentOf(line));
  return lines.map((part, line) => ' '.repeat(indentOf(line)) + part);
}
