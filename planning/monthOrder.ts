import { hash53 } from '../domain/seed';
import type { VirtualMachine } from '../domain/virtualMachine';
import type { VmList } from '../domain/vmList';
import { hashesOf, type HashedIds } from './hashedIds';

const INDEX_RANGE = 2 ** 21;

/**
 * the positions of the VMs in the order of the month: by a hash of their id and the seed, never by the order they came in. Numbers are
 * sorted, not ids: the upper 32 bits of the hash with the VM's position behind them; the rest is compared only where those are alike. A VM
 * that is on two pages is there once, by whichever of its two texts sorts first. Yields how many it has hashed since.
 */
export function* orderOfTheMonth(vms: VmList, ids: HashedIds, seed: string): Generator<number, Int32Array> {
  if (vms.length > INDEX_RANGE)
    throw new RangeError(`A plan takes at most ${INDEX_RANGE} VMs; there are ${vms.length}.`);
  const seedHash = hash53(seed);
  const keys = yield* hashesOf(ids, seedHash);
  for (let index = 0; index < keys.length; index += 1) keys[index] = upper(keys[index]) * INDEX_RANGE + index;
  keys.sort();
  const order = new Int32Array(vms.length);
  let count = 0;
  for (let start = 0; start < keys.length;) {
    let end = start + 1;
    while (end < keys.length && upper(keys[start]) === upper(keys[end])) end += 1;
    if (end - start === 1) order[count++] = lower(keys[start]);
    else for (const position of inOrder(keys.subarray(start, end), seedHash, vms)) order[count++] = position;
    start = end;
  }
  return order.subarray(0, count);
}

const upper = (key = 0): number => Math.floor(key / INDEX_RANGE);
const lower = (key = 0): number => key - upper(key) * INDEX_RANGE;

/** VMs whose hashes begin alike, and each id once. */
function inOrder(alike: Float64Array, seedHash: number, vms: VmList): readonly number[] {
  const positions = Array.from(alike, (key) => lower(key));
  positions.sort((a, b) => compare(vms.at(a), vms.at(b), seedHash));
  return positions.filter(
    (position, n) => n === 0 || vms.at(position)?.id !== vms.at(positions[n - 1] ?? 0)?.id,
  );
}

function compare(
  one: VirtualMachine | undefined,
  other: VirtualMachine | undefined,
  seedHash: number,
): number {
  const byHash = hash53(one?.id ?? '', seedHash) - hash53(other?.id ?? '', seedHash);
  if (byHash !== 0) return byHash;
  if (one?.id !== other?.id) return (one?.id ?? '') < (other?.id ?? '') ? -1 : 1;
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}
