import { Duration } from 'luxon';
import { Policy } from '../domain/policy';

type Key = keyof Policy;

/** Read when the host starts, and by nothing later: they stay settings of the deployment. */
const OF_THE_DEPLOYMENT = ['extraRegions', 'attemptsMax'] as const;

/** A member of the policy that a file may set. */
export type PolicyKey = Exclude<Key, (typeof OF_THE_DEPLOYMENT)[number]>;

export const isOfTheDeployment = (name: string): boolean => OF_THE_DEPLOYMENT.some((key) => key === name);

/** The plan of a month is made once; what only it reads, or what its orchestrations were given with it, changes with the next one. */
const OF_THE_NEXT_ROLLOUT: readonly Key[] = [
  'phasesMin',
  'canaryRegions',
  'rings',
  'batchSharePercents',
  'rolloutDeadlineSeconds',
  'bakeAfterCanarySeconds',
  'bakeSeconds',
  'claimPollFirstSeconds',
  'claimPollLastSeconds',
];

export type Touches = 'running' | 'next';

export const touchesOf = (key: Key): Touches => (OF_THE_NEXT_ROLLOUT.includes(key) ? 'next' : 'running');

const isOfAFile = (key: Key): key is PolicyKey => !isOfTheDeployment(key);

/** Members of the policy that a file may set, by the names it calls them: durations lose their unit, which stands in the value. */
export const POLICY_MEMBERS: ReadonlyMap<string, PolicyKey> = new Map(
  Policy.keyof()
    .options.filter(isOfAFile)
    .map((key) => [key.replace(/Seconds$/, ''), key]),
);

export const NEXT_WINDOW = 'nextWindow';

export type PolicyMembers = Readonly<Partial<Policy>>;

/** Members as a file writes them. */
export function writtenMembers(policy: PolicyMembers): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  for (const [name, key] of POLICY_MEMBERS) {
    const value = policy[key];
    if (value !== undefined) written[name] = writtenValue(key, value);
  }
  return written;
}

export function writtenValue(key: Key, value: unknown): unknown {
  if (!key.endsWith('Seconds')) return value;
  return value === null ? NEXT_WINDOW : durationText(Number(value));
}

function durationText(seconds: number): string {
  const {
    days,
    hours,
    minutes,
    seconds: rest,
  } = Duration.fromObject({ seconds }).shiftTo('days', 'hours', 'minutes', 'seconds');
  const time = [
    hours > 0 ? `${hours}H` : '',
    minutes > 0 ? `${minutes}M` : '',
    rest > 0 ? `${rest}S` : '',
  ].join('');
  if (days === 0 && time === '') return 'PT0S';
  return `P${days > 0 ? `${days}D` : ''}${time === '' ? '' : `T${time}`}`;
}

export interface PolicyChange {
  readonly member: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly touches: Touches;
}

export function changesBetween(before: Policy, after: Policy): PolicyChange[] {
  return [...POLICY_MEMBERS].flatMap(([member, key]) => {
    const [was, is] = [writtenValue(key, before[key]), writtenValue(key, after[key])];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [{ member, before: was, after: is, touches: touchesOf(key) }];
  });
}
