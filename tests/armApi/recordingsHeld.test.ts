import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { areAtHand, FOLDER } from './recordedExchanges';

/** Recordings that no test holds the pocket Azure against, each with its reason. */
const NOT_HELD: Readonly<Record<string, string>> = {
  '26-instance-view-windows-failed-extension-2023':
    'a Windows 10 desktop of others, with six extensions of theirs; the status of a failed extension is held by failingAzure.test.ts',
  '40-resource-graph-vm-table-vs-arm-list-2019':
    'the table form (columns and rows) of 2019; the driver asks for objectArray, and the pocket Azure refuses any other by name',
  '50-maintenance-configurations-assignments-2023':
    'Microsoft.Maintenance is not served: the pocket Azure has no schedules; the driver reads assignments of this form (azureTranslators)',
  '51-maintenance-inguestpatch-2026':
    'Microsoft.Maintenance is not served; a configuration has no member that the driver reads',
};

(areAtHand ? describe : describe.skip)('the recordings', () => {
  const files = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []));
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
