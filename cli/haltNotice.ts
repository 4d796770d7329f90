import type { ReportedOutcome } from '../local/reportedRollouts';
import { givenUpBySkip, type RolloutView } from './rolloutView';
import { shortTime } from './rolloutSummary';
import { LOOK_BASE_URL } from './startDefaults';
import { resourceName } from '../domain/ids';

export interface HaltNotice {
  readonly halt: RolloutView['halts'][number];
  readonly outcomes: readonly ReportedOutcome[];
  readonly baseUrl: string;
}

interface Line {
  readonly text: string;
  /** Before the text, and as many blanks before its further lines. */
  readonly indent: string;
}

const VMS_MAX = 10;
const BLANK = ' '.repeat(23);

/** A halt as a person needs it to decide: why, which VMs, and the commands, complete, to copy. */
export function describeHalt({ halt, outcomes, baseUrl }: HaltNotice): readonly Line[] {
  const bad = outcomes.filter(({ kind }) => kind === 'unhealthy' || kind === 'failed');
  const shown = bad.slice(0, VMS_MAX).map(({ vm, kind, reason }): Line => ({
    text: `${resourceName(vm)}: ${kind}, ${reason}`,
    indent: `${BLANK}  `,
  }));
  const more =
    bad.length > VMS_MAX ? [{ text: `and ${bad.length - VMS_MAX} more`, indent: `${BLANK}  ` }] : [];
  const where = halt.region === null ? halt.phase : `${halt.phase}, ${halt.region}`;
  return [
    { text: `${halt.kind.toUpperCase()} of ${where}: ${halt.why}`, indent: `${shortTime(halt.atUtc)}  ` },
    ...(bad.length === 0 ? [] : [{ text: 'VMs that are unhealthy or failed so far:', indent: BLANK }]),
    ...shown,
    ...more,
    { text: 'You decide, with one of these (and a reason of your own):', indent: BLANK },
    ...decisions(givenUpBySkip(halt)).flatMap(([kind, effect]): Line[] => [
      { text: `# ${effect}`, indent: '' },
      { text: commandFor(kind, effect, baseUrl), indent: '' },
    ]),
  ];
}

const decisions = (scope: string): readonly (readonly [kind: string, effect: string])[] => [
  ['resume', 'go on with the rollout'],
  ['skip', `give up the rest of ${scope}`],
  ['cancel', 'end the rollout'],
];

/** The same in every shell. It is about the latest monthly rollout, which is the one of `start`. */
function commandFor(kind: string, reason: string, baseUrl: string): string {
  const isAsked = baseUrl === LOOK_BASE_URL && (process.env['LOWTIDE_URL'] ?? '') === '';
  return `npm run lowtide -- rollouts ${kind} --reason "${reason}"${isAsked ? '' : ` --url ${baseUrl}`}`;
}
