import { isTooWide } from '../dashboardPage';
import { HOSTILE } from '../hostileFleet';
import { hostile, open, shows, watched } from './watchedMonth';

/** Names, tags and reasons of markup and 5,000 characters. */
const VM = `/vm?id=${encodeURIComponent(hostile.id)}`;
const WIDTHS = [390, 1280] as const;

/** What is wrong with the page as it stands, at each width. */
async function faults(): Promise<string[]> {
  const { page } = watched;
  const found: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    if (await isTooWide(page)) found.push(`too wide at ${width}`);
  }
  if ((await page.locator('img').count()) > 0) found.push('an image');
  if ((await page.title()).includes('HACKED')) found.push('a script has run');
  return found;
}

test('a hostile name and tags are shown as the text they are, in the table and on the page of the VM, also on a phone', async () => {
  expect(HOSTILE.length).toBeGreaterThan(5_000);
  const { page } = watched;
  await open('/fleet?search=onerror');
  await page.getByText('1 VM fit').waitFor();
  await shows(/<img src=x onerror=/);
  expect(await faults()).toEqual([]);
  await open(VM);
  await page.getByRole('heading', { name: 'Why, and when' }).waitFor();
  await page.getByRole('heading', { name: /^Its November/ }).waitFor();
  await page
    .getByText(/^Show all 5,\d+ characters$/)
    .first()
    .click();
  await shows(/<img src=x onerror=/);
  expect(await faults()).toEqual([]);
});

test('a hostile reason and owner are shown as the text they are, in the calendar, the audit and the halt’s decision', async () => {
  const { host, page } = watched;
  const put = await host.request('PUT', '/api/freezes/hostile', {
    from: '2027-01-01',
    to: '2027-01-02',
    reason: HOSTILE,
    owner: HOSTILE,
  });
  expect(put.status).toBe(200);
  for (const path of ['/plan', '/audit?chain=operator']) {
    await open(path);
    const rows = page.locator('.freezes, .audit-rows');
    await rows
      .getByText(/<img src=x/)
      .first()
      .waitFor();
    await rows
      .getByText(/^Show all 5,\d+ characters$/)
      .first()
      .click();
    expect([path, await faults()]).toEqual([path, []]);
  }
  await host.request('DELETE', '/api/freezes/hostile');
});

test('a person may give a reason of 5,000 characters, and reads it again', async () => {
  const { page } = watched;
  await open('');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  const form = page.locator('.controls form');
  await form.getByLabel('Reason, for the audit').fill(HOSTILE.slice(0, 5_000));
  await form.getByRole('button', { name: 'Pause' }).click();
  const paused = page.locator('.badge', { hasText: 'Paused' });
  await paused.waitFor();
  await open('/audit');
  await page.getByText('Show all 5,000 characters').first().click();
  await page.locator('.audit-rows').getByText(HOSTILE.slice(0, 5_000)).waitFor();
  expect(await faults()).toEqual([]);
  await open('');
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await form.getByLabel('Reason, for the audit').fill('Read.');
  await form.getByRole('button', { name: 'Resume' }).click();
  await paused.waitFor({ state: 'detached' });
});
