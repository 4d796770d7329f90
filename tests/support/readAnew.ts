import { emptyLedger, type LedgerState } from '../../domain/ledger';
import type { ledgerOf } from '../../domain/ledgerState';
import { shortText } from '../../composition/shortText';

let another: { readonly ledgerOf: typeof ledgerOf } | undefined;
jest.isolateModules(() => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a copy of its own knows nothing of what this process has kept
  another = require('../../domain/ledgerState') as typeof another;
});

/** A ledger from the text of its state, as another process reads it. */
export const readAnew = (state: string | null | undefined): LedgerState =>
  another?.ledgerOf(JSON.parse(state ?? 'null'), shortText) ?? emptyLedger;
