import { DateTime } from 'luxon';
import { say } from '../../local/say';
import { apiClient, queryOf, type HostOptions } from './apiClient';
import { coloured, instantText, readable, writeJson, type OutputOptions } from './output';
import { localWhy, type LocalAnswer, type LocalOptions } from './localFleet';
import { vmIdOf } from './selectors';
import { resourceName } from '../../domain/ids';

interface Explanation {
  readonly vmId: string;
  readonly state: string;
  readonly sentence: string;
  readonly deadlineUtc: string | null;
  /** Of its rollout. */
  readonly endsUtc: string | null;
  readonly start: {
    readonly earliestUtc: string;
    readonly expectedUtc: string | null;
    readonly latestUtc: string;
  } | null;
  readonly place: Readonly<Record<'phase' | 'region' | 'stage' | 'group' | 'round', string | number>> | null;
  readonly holds: readonly {
    readonly reason: string;
    readonly detail: string;
    readonly sinceUtc: string | null;
    readonly unblocks: { readonly by: string; readonly what: string };
  }[];
  readonly patches:
    | readonly {
        readonly kbId: string | null;
        readonly name: string;
        readonly version: string;
        readonly state: string;
      }[]
    | null;
  readonly evidence: Readonly<Record<'family' | 'healthyCount' | 'startedCount', string | number>> | null;
  /** IANA name. */
  readonly timeZone: string;
  /** Only when the platform was asked; null when it knows no such VM. */
  readonly platform?: {
    readonly agentStatus: string;
    readonly agentVersion: string | null;
    readonly signals: Readonly<Record<string, unknown>>;
    readonly answer: string;
    readonly because: string;
  } | null;
}

export async function runWhy(
  nameOrId: string,
  options: HostOptions & OutputOptions & Partial<LocalOptions> & { readonly live?: boolean | undefined },
): Promise<0> {
  if (options.file !== undefined) {
    const answer = localWhy(nameOrId, { ...options, file: options.file });
    if (options.json) writeJson(answer);
    else for (const line of describePlanned(answer)) say.line(line);
    return 0;
  }
  const api = apiClient(options);
  const id = await vmIdOf(api, nameOrId);
  const live = options.live ? 'true' : undefined;
  const found = await api.get<Explanation>(queryOf('/api/explain', { id, live }));
  if (options.json) writeJson(found);
  else for (const line of describeExplanation(found)) say.line(line);
  return 0;
}

/** By the plan alone: nothing has happened yet. */
function describePlanned(planned: LocalAnswer): string[] {
  const { vmId, state, why, rolloutId, deadlineUtc, endsUtc, place } = planned;
  const lines = [`${resourceName(vmId)}: ${coloured(state)}${why === '' ? '' : `, ${readable(why)}`}`];
  if (place === null) return lines;
  const { phase, region, stage, expectedStartUtc, expectedEndUtc } = place as Record<string, string>;
  return [
    ...lines,
    `  its place in ${rolloutId}: ${phase ?? ''}, ${region ?? ''}, ${stage ?? ''}`,
    `  planned: ${instantText(expectedStartUtc ?? '')} to ${instantText(expectedEndUtc ?? '')}`,
    deadlineLine(deadlineUtc, endsUtc, instantText),
  ];
}

function describeExplanation(found: Explanation): string[] {
  const { vmId, state, sentence, holds, place, start, deadlineUtc, endsUtc } = found;
  const { patches, evidence, platform } = found;
  const when = (utc: string): string => whenIn(utc, found.timeZone);
  const lines = [`${resourceName(vmId)}: ${coloured(state)}`, `  ${readable(sentence)}`];
  for (const { reason, sinceUtc, unblocks } of holds)
    lines.push(
      `  ${reason}${sinceUtc === null ? '' : ` since ${instantText(sinceUtc)}`}. What unblocks it (${unblocks.by}): ${unblocks.what}`,
    );
  if (place !== null)
    lines.push(
      `  its place: ${place.phase}, ${place.region}, ${place.stage}, ${withoutHash(String(place.group))}, round ${place.round}`,
    );
  if (start !== null) {
    const { earliestUtc, expectedUtc, latestUtc } = start;
    const expected = expectedUtc === null ? 'not before a person acts' : when(expectedUtc);
    lines.push(`  start: earliest ${when(earliestUtc)}, expected ${expected}, latest ${when(latestUtc)}`);
  }
  if (deadlineUtc !== null) lines.push(deadlineLine(deadlineUtc, endsUtc, when));
  for (const { kbId, name, version, state: became } of patches ?? [])
    lines.push(`  ${became}: ${kbId === null ? `${name} ${version}` : name}`);
  if (evidence !== null)
    lines.push(
      `  evidence: ${evidence.healthyCount} of ${evidence.startedCount} installations of ${evidence.family} are healthy`,
    );
  if (platform !== undefined) lines.push(...describePlatform(platform));
  return lines;
}

/** A rollout that ends before the 30 days of its VMs leaves those it did not start to the next one. */
function deadlineLine(deadlineUtc: string, endsUtc: string | null, when: (utc: string) => string): string {
  const isEarlier = endsUtc !== null && endsUtc < deadlineUtc;
  const ends = isEarlier ? `; the rollout ends ${when(endsUtc)}` : '';
  return `  deadline: ${when(deadlineUtc)}${ends}`;
}

function describePlatform(platform: NonNullable<Explanation['platform']> | null): string[] {
  if (platform === null) return ['  the platform now: it knows no such VM'];
  const { agentStatus, agentVersion, signals, answer, because } = platform;
  const said = Object.entries(signals).map(([name, value]) => `${name} ${String(value)}`);
  return [
    `  the platform now: ${answer}${because === '' ? '' : `, ${because}`}`,
    `    agent ${agentStatus}${agentVersion === null ? '' : ` ${agentVersion}`}; ${said.join(', ')}`,
  ];
}

/** The key of a set ends in a hash, so that two sets of one name differ. */
const withoutHash = (group: string): string => group.replace(/-[0-9a-f]{24}$/, '');

/** `2026-11-16 03:00 UTC (Sun 22:00 in America/New_York)`: off-peak hours are in the VM's own time. */
function whenIn(utc: string, timeZone: string): string {
  const local = DateTime.fromISO(utc, { zone: timeZone });
  if (timeZone === 'UTC' || !local.isValid) return instantText(utc);
  return `${instantText(utc)} (${local.setLocale('en-GB').toFormat('ccc HH:mm')} in ${timeZone})`;
}
