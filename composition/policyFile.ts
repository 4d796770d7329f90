import { Duration } from 'luxon';
import { isMap, isScalar, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import type { z } from 'zod';
import { LowtideError } from '../domain/lowtideError';
import { defaultPolicy, Policy } from '../domain/policy';
import { nearestName } from './nearestName';
import {
  isOfTheDeployment,
  NEXT_WINDOW,
  POLICY_MEMBERS,
  type PolicyKey,
  type PolicyMembers,
} from './policyMembers';
import { namesWithin } from './policySchema';
import { canaryProblems, extraRegionsOf, imageProblems } from './settingProblems';
import { YamlPlaces, type Place } from './yamlPlace';

const DURATION = /^P(?!$)(\d+D)?(T(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/;

export interface PolicyProblem extends Place {
  readonly message: string;
}

type Path = readonly PropertyKey[];
type Report = (place: Place, message: string) => void;

/** The members that a policy file sets. Every mistake in it is reported at once, by line and column. JSON is YAML, too. */
export function readPolicyFile(text: string): PolicyMembers {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems: PolicyProblem[] = [...document.errors, ...document.warnings].map(
    ({ message, linePos }) => ({
      line: linePos?.[0].line ?? 1,
      column: linePos?.[0].col ?? 1,
      message: message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message,
    }),
  );
  const report: Report = (place, message) => problems.push({ ...place, message });
  const { contents } = document;
  const isEmpty = contents === null || (isScalar(contents) && contents.value === null);
  let members: PolicyMembers = {};
  if (problems.length === 0 && !isEmpty) {
    if (isMap(contents)) members = readMembers(contents, new YamlPlaces(document, lines), report);
    else report({ line: 1, column: 1 }, 'it is a map of members, as `soak: PT30M`.');
  }
  if (problems.length === 0) return members;
  const inOrder = problems.sort((a, b) => a.line - b.line || a.column - b.column);
  const said = inOrder.map(({ line, column, message }) => `line ${line}, column ${column}: ${message}`);
  throw new LowtideError('REQUEST_INVALID', {
    what: `The policy file has ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}.`,
    why: said.join('\n'),
    fix: 'GET /api/policy/schema is its JSON Schema, which editors complete by.',
  });
}

function readMembers(contents: YAMLMap, places: YamlPlaces, report: Report): PolicyMembers {
  const members: Partial<Record<PolicyKey, unknown>> = {};
  const values = contents.toJSON() as Readonly<Record<string, unknown>>;
  for (const { key: node } of contents.items) {
    const name = isScalar(node) ? String(node.value) : '';
    const key = POLICY_MEMBERS.get(name);
    if (key === undefined) report(places.ofName([], name), unknownMember(name));
    else readMember(key, name, values[name], members, places, report);
  }
  checkTogether(members, places, report);
  return members as PolicyMembers;
}

function readMember(
  key: PolicyKey,
  name: string,
  value: unknown,
  members: Partial<Record<PolicyKey, unknown>>,
  places: YamlPlaces,
  report: Report,
): void {
  let read = value;
  if (key.endsWith('Seconds')) {
    if (key === 'bakeSeconds' && value === NEXT_WINDOW) read = null;
    else if (typeof value === 'string' && DURATION.test(value)) read = Duration.fromISO(value).as('seconds');
    else {
      const message = `${name} is ${JSON.stringify(value)}; it is an ISO 8601 duration such as PT15M or P3D.`;
      report(places.ofValue([name]), message);
      return;
    }
  }
  const parsed = Policy.shape[key].safeParse(read);
  if (parsed.success) members[key] = parsed.data;
  else for (const issue of nearest(parsed.error.issues, [])) reportIssue(issue, key, name, places, report);
}

type Issue = z.core.$ZodIssue;

/** Of alternatives the mistakes of the one that comes nearest: the one in which they lie deepest, and of these the one with the fewest. */
function nearest(issues: readonly Issue[], above: Path): readonly Issue[] {
  return issues.flatMap((issue) => {
    const path = [...above, ...issue.path];
    if (issue.code !== 'invalid_union') return [{ ...issue, path }];
    const within = issue.errors.map((errors) => nearest(errors, path));
    const deepest = (found: readonly Issue[]): number => Math.max(...found.map((one) => one.path.length));
    const [best] = within
      .filter((found) => found.some((one) => one.path.length > path.length || one.code !== 'invalid_type'))
      .sort((a, b) => deepest(b) - deepest(a) || a.length - b.length);
    return best ?? [{ ...issue, path }];
  });
}

function reportIssue(issue: Issue, key: PolicyKey, name: string, places: YamlPlaces, report: Report): void {
  const path = [name, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = namesWithin(key, issue.path);
    for (const unknown of issue.keys)
      report(
        places.ofName(path, unknown),
        `${textOf(path)} has no member ${unknown}${nearName(unknown, known)}`,
      );
    return;
  }
  report(places.ofValue(path), said(issue, key, path));
}

/** zod's own words, but where they are about types of JavaScript. */
function said(issue: Issue, key: PolicyKey, path: Path): string {
  const { code, message } = issue;
  if (code === 'invalid_type' && message.endsWith('received undefined'))
    return `${textOf(path.slice(0, -1))} lacks the member ${String(path.at(-1))}.`;
  const names = code === 'invalid_union' ? namesWithin(key, issue.path) : [];
  if (names.length > 0) return `${textOf(path)} is a map with one of ${names.join(', ')}.`;
  return `${textOf(path)}: ${message.replace('Invalid input: ', '')}.`;
}

/** As `rings[0].selector`. */
const textOf = (path: Path): string =>
  path
    .map((step, n) => (typeof step === 'number' ? `[${step}]` : `${n === 0 ? '' : '.'}${String(step)}`))
    .join('');

/** What the shape of a value does not show: names of things that do not exist, and values that contradict each other. */
function checkTogether(
  members: Partial<Record<PolicyKey, unknown>>,
  places: YamlPlaces,
  report: Report,
): void {
  const policy = { ...defaultPolicy, ...members } as Policy;
  /** At the one of a list that a message names, or where the list begins. */
  const ofList = (name: string, list: readonly string[], message: string): void => {
    const at = list.findIndex((one) => message.includes(`'${one}'`));
    report(places.ofValue(at < 0 ? [name] : [name, at]), message);
  };
  if (members.canaryRegions !== undefined)
    for (const message of canaryProblems(policy.canaryRegions, extraRegionsOf(policy.extraRegions)))
      ofList('canaryRegions', policy.canaryRegions, message);
  for (const key of ['ownWindows', 'budgets', 'rings', 'hooks'] as const) {
    const names = (members[key] === undefined ? [] : policy[key]).map(({ name }) => name);
    for (const [n, name] of names.entries())
      if (names.indexOf(name) < n)
        report(places.ofValue([key, n, 'name']), `${key}: there are two of the name ${name}.`);
  }
  if (members.extraImages !== undefined)
    for (const message of imageProblems(policy.extraImages))
      ofList('extraImages', policy.extraImages, message);
}

function unknownMember(name: string): string {
  if (isOfTheDeployment(name)) return `${name} is a setting of the deployment, see docs/settings.md.`;
  return `there is no member ${name}${nearName(name, [...POLICY_MEMBERS.keys()])}`;
}

/** Ends the sentence, with the nearest name when one resembles it. */
function nearName(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? '.' : `; did you mean ${near}?`;
}
