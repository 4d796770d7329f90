import { VmId } from '../../domain/ids';

/** The Compute version of the driver's own reads; the SDK has its own. */
export const COMPUTE_VERSION = '2024-07-01';

/** What a GET of one VM counts against. */
export function readBudgets(armId: string): readonly (readonly ['readOfVm' | 'armReads', string])[] {
  return [
    ['readOfVm', VmId.parse(armId)],
    ['armReads', armId.split('/')[2] ?? ''],
  ];
}

/** What a GET from another provider about one VM counts against. */
export function providerBudgets(
  provider: 'health' | 'maintenance',
  subscription: string,
): readonly (readonly ['readsOfProvider' | 'armReads', string])[] {
  return [
    ['readsOfProvider', `${subscription} ${provider}`],
    ['armReads', subscription],
  ];
}
