import { planted, type Mutant } from './mutant';

/** Guards that torture asked for: against answers that are garbage, dead rounds, and storage that forgets. */
export const outageMutants: readonly Mutant[] = [
  planted(
    'an answer that is none ends the orchestration',
    'orchestrations/durable.ts',
    ['const ASKED_MAX = 3;', 'const ASKED_MAX = 1;'],
    'tests/orchestrations/durable.test.ts',
  ),
  planted(
    'a ledger that cannot be tidied costs the others their sweep',
    'orchestrations/ledgerSweep.ts',
    [
      '    context.warn(`A ledger was not tidied: ${messageOf(error)}`);',
      '    throw new Error(messageOf(error), { cause: error });',
    ],
    'tests/orchestrations/sweeps.test.ts',
  ),
  planted(
    'what storage acknowledged right before it died is not given back',
    'store/redoLog.ts',
    ['    if (died) redo.again();\n', ''],
    'tests/store/redoLog.test.ts',
  ),
  planted(
    'a change is kept only after storage made it',
    'store/redoLog.ts',
    [
      '    changed(partition, changes);\n    await work();',
      '    await work();\n    changed(partition, changes);',
    ],
    'tests/store/redoLog.test.ts',
  ),
  planted(
    'a row of a process that died is believed to be on disk',
    'store/redoLog.ts',
    ['    else if (!isKnown) for (const { row } of upsert) await adopt(partition, row);\n', ''],
    'tests/store/redoLog.test.ts',
  ),
];
