import { closest, distance } from 'fastest-levenshtein';
import { Duration } from 'luxon';
import { isMap, isScalar, LineCounter, parseDocument, type Document, type Pair } from 'yaml';
import { z } from 'zod';
import { LowtideError } from '../domain/lowtideError';
import { defaultPolicy, Policy } from '../domain/policy';
import { canaryProblems, extraRegionsOf, imageProblems } from './settingProblems';

type Key = keyof Policy;

/** Read when the host starts, and by nothing later: they stay settings of the deployment. */
const OF_THE_DEPLOYMENT: readonly Key[] = ['extraRegions', 'attemptsMax'];

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

/** Members of the policy that a file may set, by the names it calls them: durations lose their unit, which stands in the value. */
const KEYS: ReadonlyMap<string, Key> = new Map(
  Policy.keyof()
    .options.filter((key) => !OF_THE_DEPLOYMENT.includes(key))
    .map((key) => [key.replace(/Seconds$/, ''), key]),
);

const DURATION = /^P(?!$)(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/;
const NEXT_WINDOW = 'nextWindow';

export type PolicyMembers = Readonly<Partial<Policy>>;

export interface PolicyProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** The members that a policy file sets. Every mistake in it is reported at once, by line and column. JSON is YAML, too. */
export function readPolicyFile(text: string): PolicyMembers {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems: PolicyProblem[] = document.errors.map(({ message, linePos }) => ({
    line: linePos?.[0].line ?? 1,
    column: linePos?.[0].col ?? 1,
    message: message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message,
  }));
  const members = problems.length > 0 ? {} : readMembers(document, lines, problems);
  if (problems.length === 0) return members;
  const said = problems.map(({ line, column, message }) => `line ${line}, column ${column}: ${message}`);
  throw new LowtideError('REQUEST_INVALID', {
    what: `The policy file has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}.`,
    why: said.join('\n'),
    fix: 'GET /api/policy/schema is its JSON Schema, which editors complete by.',
  });
}

function readMembers(document: Document, lines: LineCounter, problems: PolicyProblem[]): PolicyMembers {
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return {};
  if (!isMap(contents)) {
    problems.push({ line: 1, column: 1, message: 'it is a map of members, as `soak: PT30M`.' });
    return {};
  }
  const members: Partial<Record<Key, unknown>> = {};
  for (const pair of contents.items) {
    const name = isScalar(pair.key) ? String(pair.key.value) : '';
    const report = (message: string, node: unknown): void => {
      problems.push({ ...positionOf(node, lines), message });
    };
    const key = KEYS.get(name);
    if (key === undefined) report(unknownName(name), pair.key);
    else
      readMember(key, name, valueOf(pair), members, (message) => {
        report(message, pair.value ?? pair.key);
      });
  }
  checkTogether(members, (name, message) => {
    const pair = contents.items.find(({ key }) => isScalar(key) && key.value === name);
    problems.push({ ...positionOf(pair?.value ?? pair?.key, lines), message });
  });
  return members as PolicyMembers;
}

function valueOf({ value }: Pair): unknown {
  return typeof value === 'object' && value !== null && 'toJSON' in value
    ? (value as { toJSON: () => unknown }).toJSON()
    : value;
}

function readMember(
  key: Key,
  name: string,
  value: unknown,
  members: Partial<Record<Key, unknown>>,
  problem: (message: string) => void,
): void {
  let read = value;
  if (key.endsWith('Seconds')) {
    if (key === 'bakeSeconds' && value === NEXT_WINDOW) read = null;
    else if (typeof value === 'string' && DURATION.test(value)) read = Duration.fromISO(value).as('seconds');
    else {
      problem(`${name} is ${JSON.stringify(value)}; it is an ISO 8601 duration such as PT15M or P3D.`);
      return;
    }
  }
  const parsed = Policy.shape[key].safeParse(read);
  if (parsed.success) members[key] = parsed.data;
  else problem(`${name}: ${parsed.error.issues.map(({ message }) => message).join('; ')}.`);
}

/** What the shape of a value does not show: names of things that do not exist, and values that contradict each other. */
function checkTogether(
  members: Partial<Record<Key, unknown>>,
  problem: (name: string, message: string) => void,
): void {
  const policy = { ...defaultPolicy, ...members } as Policy;
  if (members.canaryRegions !== undefined)
    for (const message of canaryProblems(policy.canaryRegions, extraRegionsOf(policy.extraRegions)))
      problem('canaryRegions', message);
  for (const key of ['ownWindows', 'budgets', 'rings', 'hooks'] as const) {
    const names = (members[key] === undefined ? [] : policy[key]).map(({ name }) => name);
    const twice = names.find((name, n) => names.indexOf(name) < n);
    if (twice !== undefined) problem(key, `${key}: there are two of the name ${twice}.`);
  }
  if (members.extraImages !== undefined)
    for (const message of imageProblems(policy.extraImages)) problem('extraImages', message);
}

function positionOf(node: unknown, lines: LineCounter): { readonly line: number; readonly column: number } {
  const range = (node as { range?: readonly number[] } | null | undefined)?.range;
  const { line, col } = lines.linePos(range?.[0] ?? 0);
  return { line, column: col };
}

function unknownName(name: string): string {
  const deployment = OF_THE_DEPLOYMENT.find((key) => key === name);
  if (deployment !== undefined) return `${name} is a setting of the deployment, see docs/settings.md.`;
  const near = closest(name, [...KEYS.keys()]);
  const isNear = distance(name, near) <= Math.max(2, name.length * 0.4);
  return `there is no member ${name}${isNear ? `; did you mean ${near}?` : '.'}`;
}

/** Members as a file writes them. */
export function writtenMembers(policy: PolicyMembers): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  for (const [name, key] of KEYS) {
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

/** The JSON Schema of a policy file: what editors complete by. `x-touches` says which rollout a change is for. */
export function policyFileSchema(): Readonly<Record<string, unknown>> {
  const properties = Object.fromEntries(
    [...KEYS].map(([name, key]) => {
      const { $schema: _dialect, ...shape } = z.toJSONSchema(Policy.shape[key], { io: 'input' });
      const isDuration = key.endsWith('Seconds');
      const pattern = key === 'bakeSeconds' ? `^(${NEXT_WINDOW}|P.+)$` : '^P.+$';
      const value = isDuration ? { type: 'string', pattern } : shape;
      return [
        name,
        { ...value, default: writtenValue(key, defaultPolicy[key]), 'x-touches': touchesOf(key) },
      ];
    }),
  );
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A policy of Lowtide',
    type: 'object',
    additionalProperties: false,
    properties,
  };
}

export interface PolicyChange {
  readonly member: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly touches: Touches;
}

export function changesBetween(before: Policy, after: Policy): PolicyChange[] {
  return [...KEYS].flatMap(([member, key]) => {
    const [was, is] = [writtenValue(key, before[key]), writtenValue(key, after[key])];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [{ member, before: was, after: is, touches: touchesOf(key) }];
  });
}
