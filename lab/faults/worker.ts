import { runEveryPoint } from './crashAtEveryStep';
import { runMonth } from './runMonth';
import type { Job, WorkerAnswer } from './workers';
import { stackOf } from '../../domain/messageOf';

// A terminal sends Ctrl-C to every process: the one that has started this one ends it, once it knows itself why.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());

/** A process of its own that does one job after the other. */
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
      reply({ error: stackOf(error) });
    },
  );
});
