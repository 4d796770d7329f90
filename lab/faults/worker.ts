import { runEveryPoint } from './everyPoint';
import { runMonth } from './runMonth';
import type { Job, Told } from './workers';

/** A process of its own that does one job after the other, as it is told. */
process.on('message', (job: Job) => {
  const doing = job.kind === 'month' ? runMonth(job.month) : runEveryPoint(job.points);
  const tell = (told: Told): void => {
    process.send?.(told);
  };
  doing.then(
    (report) => {
      tell({ report });
    },
    (error: unknown) => {
      tell({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    },
  );
});
