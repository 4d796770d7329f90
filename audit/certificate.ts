import { wordsInLines } from '../collections/wordsInLines';
import {
  type AuditReport,
  type BlastScope,
  type Doubt,
  type Invariant,
  INVARIANTS,
  type Peak,
  type Violation,
} from './auditReport';

/** So many of a kind are reported; beyond, people want a count. */
const LISTED_MAX = 5;

const SCOPE_NAMES: Readonly<Record<BlastScope, string>> = {
  fleet: 'the fleet',
  region: 'a region',
  zone: 'a zone',
  availabilitySet: 'an availability set',
  updateDomain: 'an update domain',
  subscription: 'a subscription',
};

/** What would have to be given for an invariant that could not be judged. */
const NEEDS: Partial<Readonly<Record<Invariant, string>>> = {
  'INV-6': 'no phases of the rollout given',
  'INV-8': 'no outcomes of the rollout given',
  'INV-9': 'no audit of the rollout given',
  'INV-10': 'no outcomes or gates of the rollout given',
  'INV-11': 'no audit of the rollout given',
};

/** True when something was judged, nothing was violated, and nothing in the log was in doubt. */
export function isClean({ violations, doubts, installs }: AuditReport): boolean {
  return violations.length === 0 && doubts.length === 0 && installs.rollout + installs.onDemand > 0;
}

/** The audit and its blast-radius certificate, as text for a terminal of so many columns. */
export function renderCertificate(report: AuditReport, width = Infinity): string {
  return [
    ...heading(report, width),
    '',
    ...blastRadius(report, width),
    '',
    ...invariants(report, width),
    ...violations(report.violations, width),
    ...doubts(report.doubts, width),
    '',
    verdict(report),
    '',
  ].join('\n');
}

function heading({ fromUtc, untilUtc, vmCount, eventCount, installs }: AuditReport, width: number): string[] {
  return [
    `Audit of ${fromUtc === null ? 'an empty log' : minute(fromUtc)} to ${minute(untilUtc)}`,
    ...hanging(
      `${count(vmCount, 'VM')}, ${count(eventCount, 'event')} in the driver's own log, ${count(installs.rollout, 'install')} by rollouts, ${number(installs.onDemand)} on demand`,
      width,
    ),
  ];
}

function blastRadius(
  { blastRadius: { peaks, secondsOutOfWindow, pairOverlaps } }: AuditReport,
  width: number,
): string[] {
  return [
    'Blast radius: the largest share that was ever down at once',
    ...(peaks.length === 0 ? ['  nothing was ever down'] : peakRows(peaks, width)),
    `  disruption by rollouts outside off-peak hours: ${number(Math.round(secondsOutOfWindow))} s`,
    `  installs while the paired region was down: ${number(pairOverlaps)}`,
  ];
}

/** A line each; the names are below their lines where one of them does not fit. */
function peakRows(peaks: readonly Peak[], width: number): string[] {
  const lines = table(
    peaks.map(({ scope, count: down, size, limit, at }): string[] => [
      `of ${SCOPE_NAMES[scope]}`,
      `${number(down)} of ${number(size)}`,
      percent(down, size),
      limit === null ? 'no limit' : `limit ${number(limit)}`,
      minute(at),
    ]),
    ['left', 'right', 'right', 'left', 'left'],
  );
  const named = lines.map((line, row) => {
    const { scope = 'fleet', name = '' } = peaks[row] ?? {};
    return { line, name: scope === 'fleet' ? '' : name };
  });
  const fits = named.every(({ line, name }) => `${line}  ${name}`.length <= width);
  return named.flatMap(({ line, name }) => {
    if (name === '') return [line];
    return fits ? [`${line}  ${name}`] : [line, `      ${name}`];
  });
}

function invariants({ evaluations, violations: found }: AuditReport, width: number): string[] {
  const rows = invariantNames().map((invariant): readonly [string, string, string, string] => {
    const broken = found.filter((violation) => violation.invariant === invariant).length;
    const checks = evaluations[invariant];
    const mark = broken > 0 ? 'BROKEN' : checks > 0 ? 'ok' : '-';
    const note =
      broken > 0
        ? `${count(broken, 'violation')} in ${count(checks, 'check')}`
        : checks > 0
          ? count(checks, 'check')
          : (NEEDS[invariant] ?? 'nothing to check');
    return [mark, invariant, INVARIANTS[invariant], note];
  });
  const widthOf = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const room = width - [0, 1].reduce((sum, column) => sum + widthOf(column) + 2, 2) - 2;
  const fits = widthOf(2) + widthOf(3) <= room;
  const noteWidth = fits ? widthOf(3) : Math.min(widthOf(3), NOTE_WIDTH_MAX);
  const lines = rows.flatMap(([mark, name, rule, note]) => {
    const rules = inLines(rule, Math.max(RULE_WIDTH_MIN, room - noteWidth));
    const notes = inLines(note, noteWidth);
    const height = Math.max(rules.length, notes.length);
    return Array.from({ length: height }, (_, row) => [
      row === 0 ? mark : '',
      row === 0 ? name : '',
      rules[row] ?? '',
      notes[row] ?? '',
    ]);
  });
  return ['Invariants', ...table(lines, ['left', 'left', 'left', 'left'])];
}

/** Of a note that is longer more lines are made, where the terminal is too narrow. */
const NOTE_WIDTH_MAX = 20;
const RULE_WIDTH_MIN = 24;

function violations(found: readonly Violation[], width: number): string[] {
  return invariantNames().flatMap((invariant) => {
    const own = found.filter((violation) => violation.invariant === invariant);
    return own.length === 0
      ? []
      : ['', ...hanging(`${invariant}: ${INVARIANTS[invariant]}`, width), ...reported(own, width)];
  });
}

function doubts(found: readonly Doubt[], width: number): string[] {
  return found.length === 0
    ? []
    : ['', 'In doubt: what the log says and cannot be', ...reported(found, width)];
}

function reported(
  found: readonly { readonly at: string; readonly vm: string | null; readonly detail: string }[],
  width: number,
): string[] {
  const lines = found
    .slice(0, LISTED_MAX)
    .flatMap(({ at, vm, detail }) =>
      hanging(`${second(at)}  ${vm === null ? '' : `${shortName(vm)}: `}${forPeople(detail)}`, width - 2),
    )
    .map((line) => `  ${line}`);
  return found.length > LISTED_MAX ? [...lines, `  … and ${number(found.length - LISTED_MAX)} more`] : lines;
}

function verdict(report: AuditReport): string {
  const { violations: found, doubts: doubtful, installs } = report;
  if (found.length > 0)
    return `Verdict: ${count(found.length, 'violation')}${doubtful.length > 0 ? `, ${count(doubtful.length, 'doubt')}` : ''}.`;
  if (doubtful.length > 0)
    return `Verdict: none, for ${count(doubtful.length, 'doubt')} about the log itself.`;
  if (installs.rollout + installs.onDemand === 0)
    return 'Verdict: nothing was installed, so nothing was shown.';
  return 'Verdict: clean. Whatever could be checked was kept, every time.';
}

const invariantNames = (): Invariant[] =>
  Object.keys(INVARIANTS).filter((name): name is Invariant => name in INVARIANTS);

function table(rows: readonly (readonly string[])[], alignment: readonly ('left' | 'right')[]): string[] {
  const widths = alignment.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return alignment[column] === 'right' ? cell.padStart(width) : cell.padEnd(width);
    });
    return `  ${cells.join('  ')}`.trimEnd();
  });
}

/** Broken between words into lines of at most `width`; one that fits is left as it is. */
const inLines = (text: string, width: number): string[] =>
  text.length <= width ? [text] : wordsInLines(text.split(' '), () => width);

/** The same, with further lines set in. */
const hanging = (text: string, width: number): string[] =>
  inLines(text, text.length <= width ? width : width - 4).map((line, row) =>
    row === 0 ? line : `    ${line}`,
  );

/** The last part of an ARM id says enough to a person who knows the fleet. */
const shortName = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

const forPeople = (detail: string): string =>
  detail.replace(/\/subscriptions\/[^\s,]+/gi, shortName).replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, second);

const minute = (utc: string): string => inWords(utc, 'HH:MM'.length);

const second = (utc: string): string => inWords(utc, 'HH:MM:SS'.length);

/** A time that is none stays as the log has it. */
function inWords(utc: string, length: number): string {
  return utc.endsWith('Z') ? `${utc.slice(0, 10)} ${utc.slice(11, 11 + length)} UTC` : utc;
}

const number = (value: number): string => value.toLocaleString('en-US');

const count = (value: number, noun: string): string => `${number(value)} ${noun}${value === 1 ? '' : 's'}`;

/** Whole percents, but never 0 for something. */
function percent(part: number, whole: number): string {
  const share = (part * 100) / whole;
  return share > 0 && share < 1 ? '<1 %' : `${Math.round(share)} %`;
}
