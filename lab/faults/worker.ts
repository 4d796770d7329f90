import { runEveryPoint } from './crashAtEveryStep';
import { runMonth } from './runMonth';
import type { Job, WorkerAnswer } from './workers';

/** A process of its own that does one job after the other, as it is answer. */
process.on('message', (job: Job) => {
  const doing = job.kind === 'month' ? runMonth(job.month) : runEveryPoint(job.points);
  const reply = (answer: WorkerAnswer): void => {
    process.send?.(answer);
  };
  doing.then(
    (report) => {
      reply({ report });
    },
    (error: unknown) => {
      reply({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    },
  );
});
