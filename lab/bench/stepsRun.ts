import { simulateMonth } from '../../local/simulateMonth';
import { StepsByKind } from './stepsByKind';

export interface StepsOfMonth {
  readonly vms: number;
  readonly steps: number;
  /** The month as its outcomes tell it: a change of the steps alone leaves it as it is. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly byKind: readonly (readonly [kind: string, steps: number])[];
}

/** Runs the month of a fleet file, and says what its durable steps were. */
async function runMonth(fleet: string, days: number): Promise<StepsOfMonth> {
  const seen: StepsByKind[] = [];
  const report = await simulateMonth({
    fleet,
    seed: 1,
    month: '2026-11',
    days,
    observe: () => {
      const steps = new StepsByKind();
      seen.push(steps);
      return steps;
    },
  });
  const byKind = seen.flatMap(({ counts }) => counts);
  const counted = byKind.reduce((sum, [, steps]) => sum + steps, 0);
  if (counted !== report.durableSteps)
    throw new Error(`${counted} steps were counted by kind, and ${report.durableSteps} by the engine.`);
  return { vms: report.vmCount, steps: counted, outcomes: report.outcomes, byKind };
}

const [fleet = '', days = '30'] = process.argv.slice(2);
void runMonth(fleet, Number(days)).then((month) => {
  process.stdout.write(JSON.stringify(month));
});
