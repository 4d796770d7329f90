import { DateTime } from 'luxon';
import { terminalWidth, wrap } from '../local/wrap';
import { isOver, withOutcome, type RolloutView } from './rolloutView';
import { drawTimeline } from './timeline';
import { resourceName } from '../domain/ids';

/** How a rollout went, for people: each phase with its gate, every outcome with its reasons, what halted it. In lines of at most `width`. */
export function describeOutcome(rollout: RolloutView, width: number = terminalWidth()): string {
  return [
    headline(rollout),
    '',
    ...picture(rollout, width),
    '',
    ...phases(rollout, width),
    '',
    ...outcomes(rollout, width),
    ...approvals(rollout, width),
    ...halts(rollout, width),
    '',
  ].join('\n');
}

function headline(rollout: RolloutView): string {
  const { id, state, vmCount, releasedUtc, endsUtc, endedUtc } = rollout;
  if (vmCount === null) return `${id} is ${state}: there is no plan yet`;
  const total = vmCount;
  if (endedUtc === null)
    return `${id} is ${state}: ${withOutcome(rollout)} of ${total} VMs have their outcome; it ends ${shortTime(endsUtc)} UTC, done or not`;
  const days = Math.ceil((Date.parse(endedUtc) - Date.parse(releasedUtc)) / 86_400_000);
  return `${id} ${state === 'cancelled' ? 'was cancelled' : `has ${state}`}: ${total} VMs have their outcome, on day ${days} after the release`;
}

/** Phases side by side with the calendar, blast radius growing. */
function picture({ phases: all, vmCount }: RolloutView, width: number): string[] {
  const spans = all.flatMap(({ phase, vmCount: ofPhase, regions, startedUtc, endedUtc }) =>
    startedUtc === null
      ? []
      : [
          {
            name: phase,
            startUtc: startedUtc,
            endUtc: endedUtc ?? startedUtc,
            note: `${String(ofPhase).padStart(String(vmCount ?? 0).length)} ${ofPhase === 1 ? 'VM ' : 'VMs'} in ${regionCount(regions.length)}`,
          },
        ],
  );
  return drawTimeline(spans, width - 2).map((line) => `  ${line}`);
}

const regionCount = (count: number): string => `${count} region${count === 1 ? '' : 's'}`;

function phases({ phases: all, state }: RolloutView, width: number): string[] {
  const rows = all.flatMap((one) => {
    const { phase, ring, regions, vmCount, startedUtc, endedUtc, gate } = one;
    const from = startedUtc === null ? 'not started' : shortTime(startedUtc);
    const to = endedUtc === null ? '' : `to ${shortTime(endedUtc)}`;
    const verdict = gate === null ? undecided(one, state) : `gate ${gate.kind}: ${gate.why}`;
    return [
      `  ${phase.padEnd(9)} ${from.padEnd(21)} ${to.padEnd(24)} ${String(vmCount).padStart(5)} ${vmCount === 1 ? 'VM' : 'VMs'}`,
      wrap(`${ring ? `ring ${ring}, ` : ''}in ${regions.join(', ')}`, PHASE_INDENT, width),
      wrap(verdict, PHASE_INDENT, width),
    ];
  });
  return ['Phases (times in UTC)', ...rows];
}

/** Of a phase without a gate: what is expected of it, what it waits for, or why it never will have one. */
function undecided({ startedUtc, expected, waitsFor }: RolloutView['phases'][number], state: string): string {
  const left = startedUtc === null ? 'not begun' : 'not finished';
  if (state === 'cancelled' || state === 'cancelling') return `${left}: the rollout was cancelled`;
  if (state === 'ended') return `${left} when the rollout ended`;
  if (waitsFor) return `gate not decided, waits: ${waitsFor}`;
  return `gate not decided${expected ? `, expected ${spanText(expected)}` : ''}`;
}

type Expected = NonNullable<RolloutView['phases'][number]['expected']>;

const spanText = ({ expectedStartUtc, expectedEndUtc }: Expected): string =>
  `${shortTime(expectedStartUtc)} to ${shortTime(expectedEndUtc)}`;

/** Phases that an approver has to look at. */
function approvals({ approvals: all = [] }: RolloutView, width: number): string[] {
  const rows = all.map(({ phase, state, rule }) => wrap(`${state}, ${rule}`, `  ${phase.padEnd(9)} `, width));
  return rows.length === 0 ? [] : ['', 'Approvals', ...rows];
}

const PHASE_INDENT = ' '.repeat(12);

function outcomes({ outcomes: counts, reasons }: RolloutView, width: number): string[] {
  const rows = descending(counts).map(([kind, count]) => {
    const why = descending(reasons[kind] ?? {}).map(([reason, of]) => `${reason} ${of}`);
    return wrap(why.join(', '), `  ${kind.padEnd(10)} ${String(count).padStart(5)}   `, width);
  });
  return ['Outcomes', ...(rows.length === 0 ? ['  none yet'] : rows)];
}

function halts(rollout: RolloutView, width: number): string[] {
  const undecided = isOver(rollout) ? 'never decided' : 'no decision yet';
  const rows = rollout.halts.map(({ kind, why, atUtc, decision, asked }) => {
    const answer = decision === null ? undecided : `${decision.by ?? 'a person'} decided: ${decision.kind}`;
    const what = asked === undefined ? kind : `${pausedOrGivenUp(decision)}: ${partText(asked)}`;
    return wrap(`${what}: ${why} (${answer})`, `  ${shortTime(atUtc)}  `, width);
  });
  return rows.length === 0 ? [] : ['', 'Halts', ...rows];
}

/** What a person asked for is a pause, until a decision answers it, or was given up at once. */
const pausedOrGivenUp = (decision: { readonly kind: string } | null): string =>
  decision === null || decision.kind === 'resume' ? 'paused' : 'given up';

/** `region eastus`; of an ARM id its name. */
export const partText = (scope: Readonly<Record<string, unknown>>): string =>
  Object.entries(scope)
    .map(([kind, value]) => `${PARTS[kind] ?? kind} ${resourceName(String(value))}`)
    .join(', ');
const PARTS: Readonly<Record<string, string>> = { availabilitySet: 'availability set', vm: 'VM' };

function descending(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).sort(([a, some], [b, others]) => others - some || (a < b ? -1 : 1));
}

/** `Tue 10 Nov 2026 18:00`, whatever the language of the machine. */
export function shortTime(utc: string): string {
  return DateTime.fromISO(utc, { zone: 'UTC' }).setLocale('en-GB').toFormat('ccc d LLL yyyy HH:mm');
}
