import { readFileSync } from 'node:fs';
import { openPage } from '../dashboardPage';
import { LARGE, serveLargeFleet } from '../largeFleet';
import { open, watched } from './watchedMonth';

test('the table holds 100,000 VMs: only rows in sight exist, any place is a scroll away, and it is sorted by the host', async () => {
  const { page: own, errors: ownErrors } = await openPage(watched.browser);
  await serveLargeFleet(own);
  await own.goto(`${watched.host.baseUrl}/dashboard/fleet`);
  await own.getByText('100,000 VMs').waitFor();
  await own.getByRole('link', { name: 'vm-000000' }).waitFor();
  const table = own.getByRole('table', { name: 'VMs' });
  expect(await table.getAttribute('aria-rowcount')).toBe(String(LARGE + 1));
  expect(await own.getByRole('row').count()).toBeLessThan(60);
  await own.getByRole('rowgroup', { name: 'VMs, to be scrolled' }).focus();
  await own.keyboard.press('End');
  await own.getByRole('link', { name: 'vm-099999' }).waitFor();
  expect(await own.getByRole('row').count()).toBeLessThan(60);
  await own.getByRole('button', { name: 'Name' }).click();
  await own
    .getByRole('columnheader', { name: /Name/, exact: false })
    .and(own.locator('[aria-sort=descending]'))
    .waitFor();
  await own.getByRole('link', { name: 'vm-099999' }).waitFor();
  await own.getByRole('searchbox').fill('vm-0420');
  await own.keyboard.press('Enter');
  await own.getByText('100 VMs fit').waitFor();
  expect(ownErrors).toEqual([]);
  await own.close();
});

test('VMs are counted by a column, and a count narrows the table to them', async () => {
  const { page } = watched;
  await open('/fleet');
  await page.getByText('601 VMs', { exact: true }).waitFor();
  await page.getByLabel('Count and narrow by').selectOption('region');
  const groups = page.locator('.group-counts li');
  const first = groups.first();
  await first.waitFor();
  const counts = (await groups.locator('.group-count').allInnerTexts()).map((text) => parseInt(text, 10));
  expect(counts.reduce((sum, one) => sum + one, 0)).toBe(601);
  expect(counts).toEqual([...counts].sort((a, b) => b - a));
  const region = await first.getByRole('button').innerText();
  await first.getByRole('button').click();
  await page.getByText(`${counts[0] ?? 0} VMs fit`).waitFor();
  expect(new URL(page.url()).searchParams.get('region')).toBe(region);
  await page.getByRole('button', { name: 'Do not narrow by Region' }).click();
  await page.getByText('601 VMs', { exact: true }).waitFor();
});

test('the table is saved whole as CSV: a line of names, then a line for each VM that fits, in the same order', async () => {
  const { page } = watched;
  await open('/fleet?kind=unhealthy&sort=-name');
  await page.getByText(/VMs? fit$/).waitFor();
  const shown = await page.getByRole('table', { name: 'VMs' }).getByRole('link').allInnerTexts();
  expect(shown.length).toBeGreaterThan(0);
  const saved = async (): Promise<string[]> => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('lowtide-fleet.csv');
    return readFileSync(await download.path(), 'utf8')
      .trim()
      .split(/\r?\n/);
  };
  const [names = '', ...lines] = await saved();
  const nameAt = names.split(',').indexOf('name');
  expect(lines.map((line) => line.split(',')[nameAt])).toEqual(shown);
  await open('/fleet');
  await page.getByText('601 VMs', { exact: true }).waitFor();
  expect((await saved()).length).toBeGreaterThanOrEqual(602);
});
