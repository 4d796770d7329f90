import { z } from 'zod';
import { chance } from '../../../domain/seed';
import { tagOf } from '../../../domain/tags';
import type { VirtualMachine } from '../../../domain/virtualMachine';
import { RATES } from '../machine/normalMonthRates';

/** where a VM gets its patches from. It is the VM's own matter; Lowtide neither sets nor knows it. */
export const PatchSource = z.enum([
  'WindowsUpdate',
  'WSUS',
  'UbuntuStream',
  'RhelStream',
  'PrivateRepository',
]);
export type PatchSource = z.infer<typeof PatchSource>;

/** The tag by which a fleet file says so. */
export const PATCH_SOURCE_TAG = 'lowtide-patch-source';

/** The source of a VM's patches: its tag if that fits its OS, else by OS and random. */
export function patchSourceOf(vm: VirtualMachine, seed: number): PatchSource {
  const windows = vm.osType === 'Windows';
  const written = tagOf(vm.tags, PATCH_SOURCE_TAG)?.trim().toLowerCase();
  const tagged = PatchSource.options.find((source) => source.toLowerCase() === written);
  if (tagged !== undefined && fitsOs(tagged, windows)) return tagged;
  const random = chance(seed, vm.id, 'patchSource');
  if (windows) return random < RATES.wsus ? 'WSUS' : 'WindowsUpdate';
  if (random < RATES.privateRepository) return 'PrivateRepository';
  return /redhat/i.test(vm.image?.publisher ?? '') ? 'RhelStream' : 'UbuntuStream';
}

function fitsOs(source: PatchSource, windows: boolean): boolean {
  if (source === 'PrivateRepository') return true;
  return windows === (source === 'WindowsUpdate' || source === 'WSUS');
}
