import { Month, rolloutIdOf } from '../../domain/ids';
import { defaultPolicy } from '../../domain/policy';
import { simulateMonth } from '../../local/simulateMonth';
import type { Store } from '../../store/store';
import { phaseEnds, type PhaseEnd } from './forecastEnds';
import { ROLLOUT_TABLES, RowsRead } from './rowsRead';

export interface RunMonth {
  readonly rowsRead: number;
  readonly rowsOfRollout: number;
  readonly byTable: Readonly<Record<string, number>>;
  readonly phases: readonly PhaseEnd[];
}

const MONTH = Month.parse('2026-11');
const DAYS = 30;

/** Runs the month of a fleet file in this process, and prints what it came to. */
async function runMonth(fleet: string): Promise<RunMonth> {
  const rows = new RowsRead();
  const kept: { plain?: Store; seen?: Omit<RunMonth, 'phases'> } = {};
  await simulateMonth({
    fleet,
    seed: 1,
    month: MONTH,
    days: DAYS,
    store: (made) => {
      kept.plain = made;
      return rows.wrap(made);
    },
    onProgress: (day) => {
      // What is read for the report afterwards is none of the app's.
      if (day !== DAYS) return;
      const { byTable } = rows;
      const rowsRead = Object.values(byTable).reduce((sum, count) => sum + count, 0);
      kept.seen = { rowsRead, rowsOfRollout: rows.of(ROLLOUT_TABLES), byTable };
    },
  });
  const { plain, seen } = kept;
  if (plain === undefined || seen === undefined) throw new Error('The month did not run.');
  return { ...seen, phases: await phaseEnds(plain, rolloutIdOf(MONTH), MONTH, defaultPolicy) };
}

void runMonth(process.argv[2] ?? '').then((run) => {
  process.stdout.write(JSON.stringify(run));
});
