import { LowtideError } from '../../domain/lowtideError';

/** One thing wrong in a fleet file, and where. */
export interface Problem {
  /** `record 3`, `availabilitySets record 0`, or empty for the file as a whole. Records are counted from 0, as jq does. */
  readonly where: string;
  /** Line of the file, for JSON lines and for text that is no JSON; null where a line says nothing. */
  readonly line: number | null;
  /** Path of the member: `location`, `osProfile.windowsConfiguration`; empty for the record as a whole. */
  readonly field: string;
  readonly what: string;
  readonly fix: string;
}

/** More would scroll off the screen, and the first ones usually share their cause. */
const PROBLEMS_SHOWN_MAX = 20;

function describe({ where, line, field, what, fix }: Problem): string {
  const place = [
    where,
    line === null ? '' : `line ${line}`,
    field === '' ? '' : `field ${JSON.stringify(field)}`,
  ];
  return `${place.filter((part) => part !== '').join(', ') || 'the file'}: ${what} ${fix}`;
}

/** All that is wrong with the file, in one error, so that a file is mended in one go. */
export function fleetMalformed(file: string, problems: readonly Problem[]): LowtideError {
  const shown = problems.slice(0, PROBLEMS_SHOWN_MAX).map((problem) => `\n  ${describe(problem)}`);
  const more = problems.length - shown.length;
  return new LowtideError('FLEET_MALFORMED', {
    what: `${file} is malformed, and nothing of it was imported.`,
    why: `${problems.length === 1 ? 'One thing is' : `${problems.length} things are`} wrong:${shown.join('')}${more > 0 ? `\n  and ${more} more.` : ''}`,
    fix: '\nMend or remove what is named above; docs/fleet-files.md shows the shapes that are accepted.',
  });
}
