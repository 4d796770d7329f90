import { planted, type Mutant } from './mutant';

const ASSESSMENTS_TEST = 'tests/activities/assessments.test.ts';
const BATCHES_TEST = 'tests/activities/assessmentBatches.test.ts';

/** Bugs in the batches in which VMs are assessed. */
export const assessmentMutants: readonly Mutant[] = [
  planted(
    'what a call took is not in its batch before anything is moved',
    'store/assessments.ts',
    ['if (other !== null) return other.batch;', 'if (other !== null) return wanted;'],
    ASSESSMENTS_TEST,
  ),
  planted(
    'a throttled VM holds up the batch that it is in',
    'activities/advanceAssessments.ts',
    [
      'open.map(({ againUtc }) => againUtc).reduce(earlier)',
      'open.map(({ againUtc }) => againUtc).reduce((a, b) => (a > b ? a : b))',
    ],
    BATCHES_TEST,
  ),
  planted(
    'a call of a batch that is repeated starts everything again',
    'activities/advanceAssessments.ts',
    ['before.call >= call ? before', 'before.call > call ? before'],
    BATCHES_TEST,
  ),
  planted(
    'of two hosts with the same call of a batch each goes on with its own',
    'activities/advanceAssessments.ts',
    [
      'assessments.writeBatch(key, advanced, found.etag)',
      'assessments.writeBatch(key, advanced, found.etag).then(() => true)',
    ],
    BATCHES_TEST,
  ),
  planted(
    'a batch that has ended is left in the table',
    'activities/advanceAssessments.ts',
    ['    if (answer.dueUtc === null) await assessments.removeBatch(key);\n', ''],
    BATCHES_TEST,
  ),
  planted(
    'batches of instances that died are kept for ever',
    'operatorApi/scheduled.ts',
    ['  if (purged > 0) await assessments.dropBatches(purgedUntilUtc);\n', ''],
    'tests/operatorApi/purgeFinished.test.ts',
  ),
];
