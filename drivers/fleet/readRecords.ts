import { isObject } from '../../domain/isObject';
import { jsonDocuments, lineAt, type JsonDocument } from './jsonDocuments';
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
  /** Facts worth knowing that are no errors. */
  readonly notes: readonly string[];
}

const SHAPES =
  'Give the output of "az vm list -o json" or "az graph query", a REST list with "value", an array of VMs, or one VM a line.';

/** What `npm run … > file` puts before the output. Its lines stay, empty, so that the numbers of the others are right. */
const NPM_BANNER = /^(?:\s*> [^\n]*\n)+/;

/** Finds the records in any of the accepted shapes; throws FLEET_MALFORMED when there are none to find. */
export function readRecords(text: string, file: string): FleetRecords {
  const content = text.replace(/^\uFEFF/, '').replace(NPM_BANNER, (banner) => banner.replace(/[^\n]/g, ''));
  if (content.trim() === '') throw fleetMalformed(file, [wholeFile('The file is empty.', SHAPES)]);
  const whole = tryParse(content);
  if (whole !== undefined) return fromDocuments([{ line: 1, value: whole.value }], file);
  const found = jsonDocuments(content);
  if (found.ok) return fromDocuments(parsed(content, found.documents), file);
  if (looksLikeLines(content)) return fromLines(content, file);
  const line = lineAt(content, found.position);
  const column = found.position - content.lastIndexOf('\n', found.position - 1);
  throw fleetMalformed(file, [
    { ...wholeFile(`This is not JSON: column ${column} has ${found.what}.`, SHAPES), line },
  ]);
}

function tryParse(content: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(content) as unknown };
  } catch {
    return undefined;
  }
}

function parsed(content: string, documents: readonly JsonDocument[]): readonly ParsedDocument[] {
  let line = 1;
  let counted = 0;
  return documents.map(({ start, end }) => {
    line += lineAt(content.slice(counted, start), start - counted) - 1;
    counted = start;
    return { line, value: JSON.parse(content.slice(start, end)) as unknown };
  });
}

interface ParsedDocument {
  readonly line: number;
  readonly value: unknown;
}

/** One document, or several one after another: the lists of several subscriptions, or one VM a line. */
function fromDocuments(documents: readonly ParsedDocument[], file: string): FleetRecords {
  const machines: FleetRecord[] = [];
  const availabilitySets: FleetRecord[] = [];
  const notes: string[] = [];
  let emptyIsMeant = false;
  for (const { line, value } of documents) {
    const content = contentOf(value, file);
    const ownLine = documents.length > 1 && content.shape === 'one' ? line : null;
    for (const vm of content.machines) machines.push({ index: machines.length, line: ownLine, value: vm });
    for (const set of content.availabilitySets)
      availabilitySets.push({ index: availabilitySets.length, line: null, value: set });
    notes.push(...content.notes);
    emptyIsMeant ||= content.shape === 'fleet';
  }
  if (machines.length === 0 && !emptyIsMeant) throw noMachines(file);
  if (machines.some(({ value }) => isLogEvent(value))) throw isALog(file);
  return { machines, availabilitySets, problems: [], notes };
}

interface DocumentContent {
  /** `fleet`: an object with `virtualMachines`, which may be empty on purpose. */
  readonly shape: 'list' | 'fleet' | 'one';
  readonly machines: readonly unknown[];
  readonly availabilitySets: readonly unknown[];
  readonly notes: readonly string[];
}

function contentOf(value: unknown, file: string): DocumentContent {
  // `az … | jq -s` puts the lists of several subscriptions into a list.
  if (Array.isArray(value))
    return { shape: 'list', machines: value.flat(1) as readonly unknown[], availabilitySets: [], notes: [] };
  if (!isObject(value))
    throw fleetMalformed(file, [wholeFile('This is neither a list nor an object.', SHAPES)]);
  const memberOf = (name: string): string | undefined =>
    Object.keys(value).find((member) => member.toLowerCase() === name.toLowerCase());
  const list = memberOf('virtualMachines') ?? memberOf('value') ?? memberOf('data');
  if (list === undefined) {
    // One VM, as `az vm show` prints it; also JSON lines of a single line.
    const isOne = ['id', 'properties', 'storageProfile', 'action'].some(
      (name) => memberOf(name) !== undefined,
    );
    if (isOne) return { shape: 'one', machines: [value], availabilitySets: [], notes: [] };
    throw fleetMalformed(file, [
      wholeFile('The object has neither "virtualMachines" nor "value" nor "data".', SHAPES),
    ]);
  }
  const sets = memberOf('availabilitySets');
  return {
    shape: list.toLowerCase() === 'virtualmachines' ? 'fleet' : 'list',
    machines: listOf(value[list], list, file),
    availabilitySets: sets === undefined ? [] : listOf(value[sets], sets, file),
    notes: isOnePage(value) ? [onePageNote(file)] : [],
  };
}

function listOf(value: unknown, member: string, file: string): readonly unknown[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value as readonly unknown[];
  const problem = {
    ...wholeFile('This is not a list.', 'Make it a list of resources: [ … ].'),
    field: member,
  };
  throw fleetMalformed(file, [problem]);
}

export function onePageNote(file: string): string {
  return `${file} is one page of a longer list, so the fleet may be incomplete (it has a nextLink or skip_token).`;
}

function isOnePage(document: Readonly<Record<string, unknown>>): boolean {
  return ['nextLink', 'skip_token', '$skipToken'].some((member) => typeof document[member] === 'string');
}

/** The driver's log is JSON lines, too, and its lines have an `id` of nothing. */
export function isLogEvent(value: unknown): boolean {
  return isObject(value) && ['at', 'action', 'vm'].every((member) => typeof value[member] === 'string');
}

/**
 * A broken list or a broken object over several lines is no JSON lines: most lines of those are objects by themselves. In a list with a VM a line all
 * but the last end in a comma.
 */
function looksLikeLines(content: string): boolean {
  const lines = content
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines[0]?.startsWith('[') !== false) return false;
  const whole = lines.filter((line) => line.startsWith('{') && line.endsWith('}') && jsonDocuments(line).ok);
  return whole.length * 2 >= lines.length;
}

function fromLines(content: string, file: string): FleetRecords {
  const machines: FleetRecord[] = [];
  const problems: Problem[] = [];
  const lines = content.split('\n').map((text, at) => ({ text, line: at + 1 }));
  for (const [index, { text, line }] of lines.filter(({ text }) => text.trim() !== '').entries()) {
    const found = jsonDocuments(text);
    if (found.ok) machines.push({ index, line, value: JSON.parse(text) as unknown });
    else
      problems.push({
        record: { kind: 'VM', index, name: null },
        line,
        field: '',
        what: `This line is not JSON: column ${found.position + 1} has ${found.what}.`,
        fix: 'Write one complete VM on each line.',
      });
  }
  if (machines.some(({ value }) => isLogEvent(value))) throw isALog(file);
  return { machines, availabilitySets: [], problems, notes: [] };
}

function noMachines(file: string): Error {
  return fleetMalformed(file, [
    wholeFile(
      'The list is empty. "az vm list" prints [] also for a login that may see no VM, and for another subscription than the one meant.',
      'Check "az account show" and the Reader role of the login; {"virtualMachines": []} says that a fleet without VMs is meant.',
    ),
  ]);
}

function isALog(file: string): Error {
  return fleetMalformed(file, [
    wholeFile(
      "This is a driver's log, not a fleet.",
      'Give it to "audit --events", and the fleet that the log is about to "--fleet".',
    ),
  ]);
}

function wholeFile(what: string, fix: string): Problem {
  return { record: null, line: null, field: '', what, fix };
}
