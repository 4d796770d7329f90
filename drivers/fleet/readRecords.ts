import { fleetMalformed, type Problem } from './malformed';

/** A piece of a fleet file that should be one resource. Not yet looked at. */
export interface FleetRecord {
  /** From 0, in the order of the file. */
  readonly index: number;
  /** From 1, for JSON lines; null for other shapes. */
  readonly line: number | null;
  readonly value: unknown;
}

export interface FleetRecords {
  readonly machines: readonly FleetRecord[];
  readonly availabilitySets: readonly FleetRecord[];
  /** Lines that are not JSON. The records beside them are still looked at, so that one error names all. */
  readonly problems: readonly Problem[];
  /** Facts worth telling that are no errors. */
  readonly notes: readonly string[];
}

const SHAPES =
  'Give the output of "az vm list -o json", a REST list with "value", an array of VMs, or one VM a line.';

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What `npm run … > file` puts before the output. Its lines stay, empty, so that the numbers of the others are right. */
const NPM_BANNER = /^(?:\s*> [^\n]*\n)+/;

/** Finds the records in any of the accepted shapes; throws FLEET_MALFORMED when there are none to find. */
export function readRecords(text: string, file: string): FleetRecords {
  const content = text.replace(/^\uFEFF/, '').replace(NPM_BANNER, (banner) => banner.replace(/[^\n]/g, ''));
  if (content.trim() === '') throw fleetMalformed(file, [wholeFile('The file is empty.', SHAPES)]);
  const whole = tryParse(content);
  if (whole.ok) return fromDocument(whole.value, file);
  if (looksLikeLines(content)) return fromLines(content);
  throw fleetMalformed(file, [
    { ...wholeFile(`This is not JSON: ${whole.error}.`, SHAPES), line: whole.line },
  ]);
}

function wholeFile(what: string, fix: string): Problem {
  return { where: '', line: null, field: '', what, fix };
}

function records(values: readonly unknown[]): FleetRecord[] {
  return values.map((value, index) => ({ index, line: null, value }));
}

function fromDocument(value: unknown, file: string): FleetRecords {
  if (Array.isArray(value))
    return { machines: records(value), availabilitySets: [], problems: [], notes: [] };
  if (!isObject(value))
    throw fleetMalformed(file, [wholeFile('This is neither a list nor an object.', SHAPES)]);
  const member = 'virtualMachines' in value ? 'virtualMachines' : 'value' in value ? 'value' : null;
  if (member === null) {
    // One VM, as `az vm show` prints it; also JSON lines of a single line.
    if ('id' in value || 'properties' in value || 'storageProfile' in value)
      return { machines: records([value]), availabilitySets: [], problems: [], notes: [] };
    throw fleetMalformed(file, [wholeFile('The object has neither "virtualMachines" nor "value".', SHAPES)]);
  }
  return {
    machines: records(listOf(value, member, file)),
    availabilitySets: records(listOf(value, 'availabilitySets', file)),
    problems: [],
    notes:
      typeof value['nextLink'] === 'string'
        ? [`${file} has a nextLink: it is one page of a longer list, so the fleet may be incomplete.`]
        : [],
  };
}

function listOf(value: Readonly<Record<string, unknown>>, member: string, file: string): readonly unknown[] {
  const list = value[member] ?? [];
  if (Array.isArray(list)) return list as readonly unknown[];
  const problem = {
    ...wholeFile('This is not a list.', 'Make it a list of resources: [ … ].'),
    field: member,
  };
  throw fleetMalformed(file, [problem]);
}

type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string; readonly line: number };

function tryParse(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (cause) {
    const error = cause instanceof Error ? cause.message : String(cause);
    const position = Number(/position (\d+)/.exec(error)?.[1] ?? text.length);
    return { ok: false, error, line: text.slice(0, position).split('\n').length };
  }
}

/** A broken list or a broken object over several lines is no JSON lines: each line of those is an object by itself. */
function looksLikeLines(content: string): boolean {
  const lines = content.split('\n').map((line) => line.trim());
  const first = lines.find((line) => line !== '') ?? '';
  if (first.startsWith('[')) return false;
  return lines.some((line) => line.startsWith('{') && line.endsWith('}') && tryParse(line).ok);
}

function fromLines(content: string): FleetRecords {
  const machines: FleetRecord[] = [];
  const problems: Problem[] = [];
  const lines = content.split('\n').map((text, at) => ({ text, line: at + 1 }));
  for (const [index, { text, line }] of lines.filter(({ text }) => text.trim() !== '').entries()) {
    const parsed = tryParse(text);
    if (parsed.ok) machines.push({ index, line, value: parsed.value });
    else
      problems.push({
        where: `record ${index}`,
        line,
        field: '',
        what: `This line is not JSON: ${parsed.error}.`,
        fix: 'Write one complete VM on each line.',
      });
  }
  return { machines, availabilitySets: [], problems, notes: [] };
}
