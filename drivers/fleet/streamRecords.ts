import { BYTE, ByteWindow } from './byteWindow';

/** A resource of a fleet file, or that the file is one page of a longer list, or that it means to be a whole fleet. */
export type StreamedRecord =
  | { readonly kind: 'machine' | 'availabilitySet'; readonly value: unknown }
  | { readonly kind: 'onePage' | 'fleet' };

/**
 * The records of a fleet file, one at a time: the file is never whole in memory, nor is its text, which could be longer than a string may be.
 * Takes lists, lists of lists, objects with a list, JSON lines, and several of these one after another. Throws NotStreamable for all else.
 */
export function* streamRecords(chunks: Iterable<Uint8Array>): Generator<StreamedRecord, void> {
  const window = new ByteWindow(chunks);
  for (let byte = window.peek(); byte !== BYTE.end; byte = window.peek())
    if (byte === BYTE.listOpens) yield* listed(window, 'machine', true);
    else if (byte === BYTE.objectOpens) yield* document(window);
    else window.fail('This is neither a list nor an object.');
}

type Listed = 'machine' | 'availabilitySet';

function* listed(window: ByteWindow, kind: Listed, mayNest: boolean): Generator<StreamedRecord, void> {
  window.take();
  if (window.peek() === BYTE.listCloses) {
    window.take();
    return;
  }
  for (;;) {
    const byte = window.peek();
    if (byte === BYTE.listOpens && mayNest) yield* listed(window, kind, false);
    else if (byte === BYTE.objectOpens) yield { kind, value: window.value() };
    else window.fail('A list of resources has an entry that is not an object.');
    const after = window.take();
    if (after === BYTE.listCloses) return;
    if (after !== BYTE.comma) window.fail('After a record comes neither "," nor the end of the list.');
  }
}

const SETS = 'availabilitysets';
const MACHINES: readonly string[] = ['virtualmachines', 'value', 'data'];
const ONE_PAGE: readonly string[] = ['nextlink', 'skip_token', '$skiptoken'];

/** An object with lists, or one VM. */
function* document(window: ByteWindow): Generator<StreamedRecord, void> {
  window.keep();
  window.take();
  const lists = new Set<string>();
  for (;;) {
    if (window.peek() !== BYTE.quote) window.fail('A member name in double quotes should be here.');
    const name = String(window.value()).toLowerCase();
    if (window.take() !== BYTE.colon) window.fail('":" should be here.');
    const byte = window.peek();
    if (name === SETS || MACHINES.includes(name)) {
      if (byte !== BYTE.listOpens) window.fail(`"${name}" is not a list.`);
      if (lists.has(name === SETS ? SETS : 'machines')) window.fail('The object has two lists of VMs.');
      lists.add(name === SETS ? SETS : 'machines');
      window.release();
      if (name === 'virtualmachines') yield { kind: 'fleet' };
      yield* listed(window, name === SETS ? 'availabilitySet' : 'machine', false);
    } else {
      const value = window.value();
      if (typeof value === 'string' && ONE_PAGE.includes(name)) yield { kind: 'onePage' };
    }
    const after = window.take();
    if (after === BYTE.objectCloses) break;
    if (after !== BYTE.comma) window.fail('After a member comes neither "," nor the end of the object.');
  }
  if (lists.size === 0) yield { kind: 'machine', value: window.kept() };
  else if (!lists.has('machines')) window.fail('The object has no list of VMs.');
}
