import { hash53 } from '../domain/seed';
import type { VirtualMachine } from '../domain/virtualMachine';

const INDEX_RANGE = 2 ** 21;

/**
 * the VMs in the order of the month: by a hash of their id and the seed, never by the order they came in. Numbers are sorted, not
 * ids: the upper 32 bits of the hash with the VM's position behind them; the rest is compared only where those are alike. A VM that is on
 * two pages is there once, by whichever of its two texts sorts first.
 */
export function orderOfTheMonth(vms: readonly VirtualMachine[], seed: string): VirtualMachine[] {
  if (vms.length > INDEX_RANGE)
    throw new RangeError(`A plan takes at most ${INDEX_RANGE} VMs; there are ${vms.length}.`);
  const seedHash = hash53(seed);
  const hashes = new Float64Array(vms.length);
  const keys = new Float64Array(vms.length);
  for (const [index, { id }] of vms.entries()) {
    const hash = hash53(id, seedHash);
    hashes[index] = hash;
    keys[index] = Math.floor(hash / INDEX_RANGE) * INDEX_RANGE + index;
  }
  keys.sort();
  const ordered: VirtualMachine[] = [];
  for (let start = 0; start < keys.length;) {
    let end = start + 1;
    while (end < keys.length && upper(keys[start]) === upper(keys[end])) end += 1;
    const alike = Array.from(keys.subarray(start, end), (key) => key % INDEX_RANGE);
    if (alike.length > 1) alike.sort((a, b) => compare(a, b, hashes, vms));
    for (const index of alike) {
      const vm = vms[index];
      if (vm !== undefined && ordered.at(-1)?.id !== vm.id) ordered.push(vm);
    }
    start = end;
  }
  return ordered;
}

const upper = (key = 0): number => Math.floor(key / INDEX_RANGE);

function compare(a: number, b: number, hashes: Float64Array, vms: readonly VirtualMachine[]): number {
  const byHash = (hashes[a] ?? 0) - (hashes[b] ?? 0);
  if (byHash !== 0) return byHash;
  const [one, other] = [vms[a], vms[b]];
  if (one?.id !== other?.id) return (one?.id ?? '') < (other?.id ?? '') ? -1 : 1;
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}
