import { planted, type Mutant } from './mutant';

const ASSESSMENTS_TEST = 'tests/activities/assessments.test.ts';
const BATCHES_TEST = 'tests/activities/assessmentBatches.test.ts';
const ENABLEMENTS_TEST = 'tests/activities/enablements.test.ts';

/** Bugs in the batches in which VMs are assessed, and in those in which their extensions are updated. */
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
    'operatorApi/timers/purgeFinished.ts',
    ['    await assessments.dropBatches(purgedUntilUtc);\n', ''],
    'tests/operatorApi/purgeFinished.test.ts',
  ),
  planted(
    'a slow VM holds up the extensions of its batch',
    'activities/advanceEnablements.ts',
    ['next.dueUtc).reduce(earlier)', 'next.dueUtc).reduce((a, b) => (a > b ? a : b))'],
    ENABLEMENTS_TEST,
  ),
  planted(
    'a call of a batch of extensions that is repeated starts everything again',
    'activities/advanceEnablements.ts',
    ['if (before.call >= call) return', 'if (before.call > call) return'],
    ENABLEMENTS_TEST,
  ),
  planted(
    'extensions leave the list before they are in a batch',
    'activities/collectOutdatedExtensions.ts',
    [
      '    const isFirst = open.length > 0',
      "    await enablements.mark(open, 'current');\n    const isFirst = open.length > 0",
    ],
    ENABLEMENTS_TEST,
  ),
];
