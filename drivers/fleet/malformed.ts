import { LowtideError } from '../../domain/lowtideError';

/** One thing wrong in a fleet file, and where. */
export interface Problem {
  /** Null for the file as a whole. */
  readonly record: ProblemRecord | null;
  /** Line of the file, for JSON lines and for text that is no JSON; null where a line says nothing. */
  readonly line: number | null;
  /** Path of the member: `location`, `osProfile.windowsConfiguration`; empty for the record as a whole. */
  readonly field: string;
  readonly what: string;
  readonly fix: string;
}

export interface ProblemRecord {
  readonly kind: 'VM' | 'availability set';
  /** From 0. */
  readonly index: number;
  /** Null when it has none that can be read. */
  readonly name: string | null;
}

/** How many records of each kind there are in the file. */
export type RecordCounts = Readonly<Record<ProblemRecord['kind'], number>>;

/** More would scroll off the screen, and the first ones usually share their cause. */
const PROBLEMS_SHOWN_MAX = 20;

/** `VM 4 of 600 ("web-01")`: people count from 1. */
function placeOf({ kind, index, name }: ProblemRecord, counts: RecordCounts): string {
  return `${kind} ${index + 1} of ${counts[kind]}${name === null ? '' : ` (${JSON.stringify(name)})`}`;
}

function describe({ record, line, field, what, fix }: Problem, counts: RecordCounts): string {
  const place = [
    record === null ? '' : placeOf(record, counts),
    line === null ? '' : `line ${line}`,
    field === '' ? '' : `field ${JSON.stringify(field)}`,
  ];
  return `${place.filter((part) => part !== '').join(', ') || 'the file'}: ${what} ${fix}`;
}

/** All that is wrong with the file, in one error, so that a file can be corrected at once. */
export function fleetMalformed(
  file: string,
  problems: readonly Problem[],
  counts: RecordCounts = { VM: 0, 'availability set': 0 },
): LowtideError {
  const shown = problems.slice(0, PROBLEMS_SHOWN_MAX).map((problem) => `\n  ${describe(problem, counts)}`);
  const more = problems.length - shown.length;
  return new LowtideError('FLEET_MALFORMED', {
    what: `${file} is malformed, and nothing of it was imported.`,
    why: `${problems.length === 1 ? 'One thing is' : `${problems.length} things are`} wrong:${shown.join('')}${more > 0 ? `\n  and ${more} more.` : ''}`,
    fix: '\nCorrect or remove the records named above; docs/fleet-files.md shows the accepted formats.',
  });
}
