import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { TextDecoder } from 'node:util';
import { NotStreamable } from './byteWindow';
import { decodeText, encodingOf } from './decodeText';
import { FleetReader } from './fleetReader';
import { fleetMalformed } from './malformed';
import { parseFleet, type ListedFleet, type ParsedFleet } from './parseFleet';
import { isLogEvent, onePageNote } from './readRecords';
import { streamRecords } from './streamRecords';

/** Small enough that it is still in the processor's cache when its records are made. */
const CHUNK_BYTES = 128 * 1024;
/** Files above this are not read whole to say more exactly what is wrong: a string ends at 512 MB, and memory before. */
const WHOLE_MAX_BYTES = 256 * 1024 * 1024;

/**
 * The fleet in a file, read piece by piece: of the text there are never more than a few megabytes in memory. What is malformed, or none of the
 * usual shapes, is read again as a whole, which names every fault with its line and column.
 */
export function readFleetFile(file: string): ParsedFleet {
  const reader = new FleetReader({ keepModels: true });
  return readPieces(file, reader, (notes) => reader.finish(notes));
}

/** The same without the models, and without an object a VM: a million VMs are a hundred megabytes. */
export function listFleetFile(file: string): ListedFleet {
  const reader = new FleetReader({ keepModels: false });
  return readPieces(file, reader, (notes) => reader.finishListed(notes));
}

function readPieces<Fleet extends ListedFleet>(
  file: string,
  reader: FleetReader,
  finish: (notes: readonly string[]) => Fleet | null,
): Fleet | ParsedFleet {
  const isSmall = statSync(file).size <= WHOLE_MAX_BYTES;
  const whole = (): ParsedFleet => parseFleet(decodeText(readFileSync(file), file), file);
  try {
    const { notes, isEmpty } = feed(reader, file);
    const fleet = isEmpty ? null : finish(notes);
    if (fleet !== null) return fleet;
  } catch (error) {
    if (isSmall && error instanceof NotStreamable) return whole();
    if (!(error instanceof NotStreamable)) throw error;
    const { line, message } = error;
    const fix = 'Mend it there, or give the fleet as one list of VMs.';
    throw fleetMalformed(file, [{ record: null, line, field: '', what: message, fix }]);
  }
  if (isSmall) return whole();
  throw fleetMalformed(file, reader.problems, reader.counts);
}

/** Empty: there is no VM, and nothing says that this is meant. Or it is a log, of which the whole reader says so. */
function feed(
  reader: FleetReader,
  file: string,
): { readonly notes: readonly string[]; readonly isEmpty: boolean } {
  const notes: string[] = [];
  let [machines, sets, isMeant, isLog] = [0, 0, false, false];
  for (const record of streamRecords(utf8Chunks(file)))
    switch (record.kind) {
      case 'machine':
        isLog ||= isLogEvent(record.value);
        reader.addMachine({ index: machines, line: null, value: record.value });
        machines += 1;
        break;
      case 'availabilitySet':
        reader.addSet({ index: sets, line: null, value: record.value });
        sets += 1;
        break;
      case 'fleet':
        isMeant = true;
        break;
      case 'onePage':
        notes.push(onePageNote(file));
    }
  return { notes, isEmpty: isLog || (machines === 0 && !isMeant) };
}

/** The bytes of a file as UTF-8, whatever of the known encodings it has. */
function* utf8Chunks(file: string): Generator<Uint8Array> {
  const descriptor = openSync(file, 'r');
  try {
    let decoder: TextDecoder | null = null;
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES); // of one that is taken the reader has its own copy before it takes the next
    for (let first = true; ; first = false) {
      const bytes = chunk.subarray(0, readSync(descriptor, chunk));
      if (bytes.length === 0) return;
      const encoding = first ? encodingOf(bytes) : 'utf-8';
      if (encoding !== 'utf-8') decoder = new TextDecoder(encoding, { fatal: true });
      yield decoder === null ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }));
    }
  } finally {
    closeSync(descriptor);
  }
}
