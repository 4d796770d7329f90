import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteWindow, NotStreamable } from '../../drivers/fleet/byteWindow';
import { listFleetFile, readFleetFile } from '../../drivers/fleet/fleetFile';
import { parseFleet, type ParsedFleet } from '../../drivers/fleet/parseFleet';
import { streamRecords } from '../../drivers/fleet/streamRecords';
import { generateFleet, printGeneratedFleet } from '../../fleets/generateFleet';

const folder = mkdtempSync(join(tmpdir(), 'lowtide-fleet-'));
const file = join(folder, 'vms.json');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const idOf = (name: string): string =>
  `/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/${name}`;
const vm = (name: string, more: object = {}): object => ({ id: idOf(name), location: 'eastus', ...more });
const [a, b, odd] = [vm('a'), vm('b'), vm('zü"\\{[', { tags: { '}': ']"' } })].map((one) =>
  JSON.stringify(one),
);

/** Cut between any two bytes. */
function inPieces(text: string, size: number): Uint8Array[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
    bytes.subarray(n * size, (n + 1) * size),
  );
}

const machinesIn = (text: string, size: number): unknown[] =>
  [...streamRecords(inPieces(text, size))].flatMap((record) =>
    record.kind === 'machine' ? [record.value] : [],
  );

const SHAPES: readonly (readonly [string, string])[] = [
  ['a list', `[${a}, ${b},${odd}]`],
  ['a list of lists, and an empty one', `[[${a}],[],[${b} , ${odd}]]`],
  ['a REST list', `{"count": 3, "value": [${a},${b},${odd}], "nextLink": null}`],
  ['what az graph prints', `{"data":[${a},${b},${odd}],"skip_token":"x","n":-1.5e3}`],
  ['a fleet', `{"availabilitySets":[],"virtualMachines":[${a},${b},${odd}]}`],
  ['JSON lines', `${a}\n${b}\r\n${odd}\n`],
  ['several documents', `\uFEFF[${a}]\n[${b}] {"value":[${odd}]}`],
];

describe('a fleet that is read in pieces', () => {
  it.each(SHAPES)('has the records of %s, wherever the pieces end', (_, text) => {
    const wanted = [a, b, odd].map((one) => JSON.parse(one ?? '') as unknown);
    for (const size of [1, 2, 3, 7, 64, 4096]) expect(machinesIn(text, size)).toEqual(wanted);
  });

  it.each(SHAPES)('is the fleet that the whole text is: %s', (_, text) => {
    writeFileSync(file, text);
    expect(readFleetFile(file)).toEqual(parseFleet(text, file));
  });

  it('is the same in UTF-16', () => {
    const text = `[${a},${odd}]`;
    writeFileSync(file, Buffer.from(`\uFEFF${text}`, 'utf16le'));
    expect(readFleetFile(file)).toEqual(parseFleet(text, file));
  });

  it('is the same for a made-up fleet with all its edge cases, and has no models when none are wanted', () => {
    const text = printGeneratedFleet(generateFleet({ vms: 400, seed: 1 }));
    writeFileSync(file, text);
    const fleet = parseFleet(text, file);
    expect(readFleetFile(file)).toEqual(fleet);
    const { vms, notes } = listFleetFile(file);
    expect([...vms]).toEqual(fleet.vms);
    expect([vms.length, vms.at(7), vms.at(400)]).toEqual([400, fleet.vms[7], undefined]);
    expect(notes).toEqual(fleet.notes);
  });

  it('keeps in memory no more than the pieces that its records lie in', () => {
    let made = 0;
    function* chunks(): Generator<Uint8Array> {
      yield Buffer.from('[');
      for (; made < 1000; made += 1) yield Buffer.from(`${made === 0 ? '' : ','}${a}`);
      yield Buffer.from(']');
    }
    const records = streamRecords(chunks());
    records.next();
    records.next();
    expect(made).toBeLessThan(4);
  });
});

function errorOf(read: () => ParsedFleet): string {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
}

describe('a malformed fleet that is read in pieces', () => {
  it.each([
    ['a list that is cut off', `[${a},`],
    ['a list without a comma', `[${a} ${b}]`],
    ['a record that is no object', `[${a}, 5]`],
    ['a member that is no list', `{"value": {"x": 1}}`],
    ['a word that JSON does not have', `{"count": 12x, "value": [${a}]}`],
    ['JSON lines of which one is broken', `${a}\n{"id": \n${b}\n`],
    ['an empty file', ' \n'],
    ['an empty list', '[]'],
    ["a driver's log", '{"at":"x","action":"y","vm":"z"}\n'],
    ['records with faults', `[${a}, {"id": "x"}, ${a}]`],
    ['two lists of VMs', `{"value": [${a}], "data": [${b}]}`],
  ])('says what the whole text says: %s', (_, text) => {
    writeFileSync(file, text);
    expect(errorOf(() => readFleetFile(file))).toBe(errorOf(() => parseFleet(text, file)));
  });

  it('knows its line where it cannot be read as a whole', () => {
    const window = new ByteWindow(inPieces('[\n\n "a', 2));
    window.take();
    expect(() => window.value()).toThrow(NotStreamable);
    expect(() => window.fail('here')).toThrow(expect.objectContaining({ line: 3 }) as Error);
  });
});
