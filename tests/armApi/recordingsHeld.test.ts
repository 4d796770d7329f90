import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { areAtHand, exchange, FOLDER } from './recordedExchanges';
import { anApi, aVmBody, COMPUTE } from './api';

/** Recordings that no test holds the pocket Azure against, each with its reason. */
const NOT_HELD: Readonly<Record<string, string>> = {
  '13-vmss-flex-linux-patch-mode':
    'scale sets are not put or listed here; the members of its instance (16) are those of 11, which is held',
  '15-arc-machine-assess-install-with-429-2023':
    'no Arc machines; its 429 in plain text is held, and its names of members by the rows of Resource Graph',
  '16-install-windows-2020-06-01-nothing-no-error-member':
    'its POST was not recorded; its result is that of 08, which is held, without the error member of later years',
  '26-instance-view-windows-failed-extension-2023':
    'a Windows 10 VM with extensions of others; the status of a failed extension is held by failingAzure.test.ts',
  '72-errors-429-throttling':
    'of other providers; each of its bodies is held by throttling.test.ts, the seconds in them by azureTranslators',
  '24-vm-list-by-subscription': 'members of 2021 and of policies of others; the casing of ids is held',
  '40-resource-graph-vm-table-vs-arm-list-2019':
    'the table form of 2019; the driver asks for objectArray, and the pocket Azure answers nothing else',
  '41-resource-graph-objectarray-paging-errors-2021':
    'its queries are not served; paging, skip tokens and the form of a 400 are held by azureTranslators and azureCommands',
  '42-resource-graph-quota-countdown-2023': 'queries of others; the two quota headers are held below',
  '50-maintenance-configurations-assignments-2023':
    'maintenance is not served; the driver reads its assignments and dynamic scopes from it (azureTranslators)',
  '51-maintenance-inguestpatch-2026': 'maintenance is not served; the driver reads assignments alone',
  '78-errors-400-nested-details':
    'request bodies were left out; the form of nested details is held by deployments.test.ts',
};

(areAtHand ? describe : describe.skip)('the recordings', () => {
  const files = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []));
  const tests = ['recordings', 'moreRecordings', 'failingAzure']
    .map((name) => readFileSync(join(__dirname, `${name}.test.ts`), 'utf8'))
    .join('\n');

  it('each is held by a test, or stands in a list with its reason', () => {
    const held = files.filter((file) => tests.includes(`'${file}'`));
    const left = files.filter((file) => !held.includes(file) && !(file in NOT_HELD));
    expect(left).toEqual([]);
    expect(Object.keys(NOT_HELD).filter((file) => !files.includes(file))).toEqual([]);
  });

  it('links to operations are as long as in 20, in the same parts', async () => {
    const api = await anApi();
    await api.optIn();
    await api.prepare();
    const put = await api.call('PUT', `${COMPUTE}/virtualMachines/long`, aVmBody('Linux'));
    await api.close();
    const partsOf = (link: string | undefined): readonly (readonly [string, number])[] =>
      [...new URL(link ?? '').searchParams].map(([name, value]) => [name, value.length]);
    const recorded = partsOf(
      exchange('20-power-and-instance-views-2024', 15).responseHeaders['azure-asyncoperation'],
    );
    const ours = partsOf(put.headers['azure-asyncoperation']);
    expect(ours.map(([name]) => name)).toEqual(recorded.map(([name]) => name));
    expect(ours.reduce((sum, [, length]) => sum + length, 0)).toBeGreaterThan(2_900);
  });
});
