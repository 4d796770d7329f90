import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { areAtHand, FOLDER } from './recordedExchanges';

/** Recordings that no test holds the simulated Azure against, each with its reason. */
const NOT_HELD: Readonly<Record<string, string>> = {
  '26-instance-view-windows-failed-extension-2023':
    'a Windows 10 desktop of others, with six extensions of theirs; the status of a failed extension is held by failingAzure.test.ts',
  '40-resource-graph-vm-table-vs-arm-list-2019':
    'the table form (columns and rows) of 2019; the driver asks for objectArray, and the simulated Azure refuses any other by name',
  '50-maintenance-configurations-assignments-2023':
    'Microsoft.Maintenance is not served: the simulated Azure has no schedules; the driver reads assignments of this form (azureTranslators)',
  '51-maintenance-inguestpatch-2026':
    'Microsoft.Maintenance is not served; a configuration has no member that the driver reads',
};

(areAtHand ? describe : describe.skip)('the recordings', () => {
  const files = (areAtHand ? readdirSync(FOLDER) : []).flatMap((file) =>
    file.endsWith('.json') ? [file.slice(0, -5)] : [],
  );
  const tests = ['recordings', 'moreRecordings', 'failingAzure', 'throttling']
    .map((name) => readFileSync(join(__dirname, `${name}.test.ts`), 'utf8'))
    .join('\n');

  it('each is held by a test, or stands in a list with its reason', () => {
    const held = files.filter((file) => tests.includes(`'${file}'`));
    const left = files.filter((file) => !held.includes(file) && !(file in NOT_HELD));
    expect(left).toEqual([]);
    expect(held.filter((file) => file in NOT_HELD)).toEqual([]);
    expect(Object.keys(NOT_HELD).filter((file) => !files.includes(file))).toEqual([]);
  });
});

type Held = readonly [file: string, title: string];

/** The 40 facts of ../shared/reference/azure-recordings/README.md: the test that holds each, or why a client of the simulated Azure cannot meet it. */
const FACTS: Readonly<Record<number, Held | string>> = {
  1: [
    'armApi/longRunning',
    'PUT answers with Azure-AsyncOperation only, DELETE and actions with Location, too',
  ],
  2: ['armApi/recordings', 'a PUT of tags that leaves nothing to poll (12)'],
  3: ['armApi/facts', 'facts 3, 6 and 19'],
  4: ['armApi/facts', 'fact 4'],
  5: ['armApi/recordings', 'power actions end with 200 and nothing'],
  6: ['armApi/moreRecordings', 'links to operations are as long as recorded'],
  7: ['armApi/recordings', 'an agent that is silent for 25 minutes fails the operation'],
  8: ['armApi/facts', 'fact 8'],
  9: ['armApi/facts', 'fact 9'],
  10: ['armApi/facts', 'facts 10, 14, 15 and 17'],
  11: ['armApi/recordings', 'and the error beside Succeeded %s'],
  12: ['armApi/recordings', 'are Security-ESM, and stand beside Succeeded (03)'],
  13: ['armApi/recordings', 'are Security-ESM, and stand beside Succeeded (03)'],
  14: ['armApi/facts', 'facts 10, 14, 15 and 17'],
  15: ['armApi/recordings', 'what was published after maxPatchPublishDate is Excluded (09)'],
  16: ['armApi/installPatches', 'the parameters of both systems, those of the other one empty'],
  17: ['armApi/facts', 'facts 10, 14, 15 and 17'],
  18: ['armApi/throttling', '6 patch operations a VM in three minutes, 600 a subscription and region'],
  19: ['armApi/facts', 'facts 3, 6 and 19'],
  20: 'Arc machines are not served: Lowtide patches virtual machines alone',
  21: ['armApi/facts', 'facts 21 and 22'],
  22: ['armApi/facts', 'facts 21 and 22'],
  23: ['armApi/recordings', 'a VM without an agent yet, one with a new one'],
  24: ['armApi/recordings', 'a stopped VM says Ready, a deallocated one says nothing (20)'],
  25: ['armApi/recordings', 'a VM without an agent yet, one with a new one'],
  26: ['armApi/recordings', 'a VM without an agent yet, one with a new one'],
  27: ['armApi/failingAzure', 'the instance view says ProvisioningState/failed/1, as recorded (26)'],
  28: ['armApi/recordings', 'a list by subscription writes groups in capitals (23, 24)'],
  29: ['armApi/moreRecordings', 'a set with a VM'],
  30: ['armApi/recordings', 'an empty list is a list and nothing else'],
  31: ['armApi/throttling', 'a change under the wrong ETag is 412'],
  32: ['armApi/facts', 'fact 32'],
  33: ['composition/guard', 'expired'],
  34: ['armApi/throttling', 'a poll that is throttled does not fail the operation'],
  35: ['armApi/failingAzure', 'as recorded, without Retry-After (%s)'],
  36: ['armApi/installPatches', 'is refused on a VM that is off: 409 OperationNotAllowed'],
  37: ['armApi/facts', 'fact 37'],
  38: ['armApi/moreRecordings', 'Resource Graph answers nothing, a page and nonsense as Azure does (41, 42)'],
  39: ['armApi/moreRecordings', 'features are listed, read, registered and unregistered at once (30)'],
  40: 'Microsoft.Maintenance is not served: the simulated Azure has no schedules',
};

describe('the 40 facts', () => {
  it.each(Object.entries(FACTS).filter(([, held]) => typeof held !== 'string'))(
    'fact %s is held by a test of that title: %j',
    (_number, held) => {
      const [file, title] = held as Held;
      expect(readFileSync(join(__dirname, '..', `${file}.test.ts`), 'utf8')).toContain(title);
    },
  );

  it('there are 40, and two of them no client can meet', () => {
    expect(Object.keys(FACTS)).toHaveLength(40);
    expect(Object.values(FACTS).filter((held) => typeof held === 'string')).toHaveLength(2);
  });
});
