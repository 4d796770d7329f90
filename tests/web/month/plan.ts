import type { Locator } from 'playwright-core';
import { isTooWide } from '../dashboardPage';
import { HOSTILE } from '../hostileFleet';
import { open, watched } from './watchedMonth';

test('a freeze is set in the plan, seen in its calendar and heeded by its preview, and lifted', async () => {
  await open('/plan');
  const preview = watched.page.getByRole('region', { name: 'Preview of December 2026' });
  await preview.getByText('Half are done').waitFor();
  await watched.page.getByRole('button', { name: 'Wed 9 Dec', exact: true }).click();
  await watched.page.getByRole('button', { name: 'Sun 13 Dec', exact: true }).click();
  await watched.page.getByLabel('Its name, as year-end-2026').fill('year-end-2026');
  expect(await watched.page.getByLabel('From, in the time of each VM').inputValue()).toBe('2026-12-09');
  expect(await watched.page.getByLabel('To, that day included').inputValue()).toBe('2026-12-13');
  await watched.page.getByLabel('Reason, for the audit').fill('The shop is closed.');
  await watched.page.getByRole('button', { name: 'Set it' }).click({ force: true });
  await watched.page.getByText('Say whose it is.').waitFor();
  await watched.page.getByLabel('Owner, who is reminded').fill('shop@contoso.example');
  await watched.page.getByRole('button', { name: 'Set it' }).click();
  const calendar = watched.page.getByRole('group', { name: 'Calendar of freezes and exclusions' });
  await calendar.getByText('year-end-2026').first().waitFor();
  await preview.getByText(/^[1-9]\d* in their turn, by a freeze/).waitFor();
  await watched.page.getByRole('button', { name: 'Lift year-end-2026' }).click();
  await watched.page.getByText('None: everything may be patched').waitFor();
  const audit = (await watched.host.request('GET', '/api/audit?chain=operator')).body as {
    value: { what: string }[];
  };
  expect(audit.value.map(({ what }) => what)).toEqual(['frozen', 'freezeLifted']);
});

test('a preview is compared with another policy, whose members are completed, and with another fleet file', async () => {
  const preview = watched.page.getByRole('region', { name: 'Preview of December 2026' });
  await preview.getByLabel('Compare with').selectOption('another policy');
  await preview.getByLabel('Members of the other policy').fill('setSh');
  await preview.getByRole('button', { name: /setSharePercent/ }).click();
  await preview
    .getByText('Against what would be now: 0 VMs')
    .or(preview.getByText(/Against what/))
    .first()
    .waitFor();
  await preview.getByLabel('Members of the other policy').fill('bake: P3D');
  await preview.getByText(/[1-9]\d* VMs at another time/).waitFor();
  await preview.getByLabel('Compare with').selectOption('another fleet file');
  await preview.getByLabel('A fleet file').setInputFiles('fleets/e2e.json');
  await preview.getByText(/6 new, [1-9]\d* gone/).waitFor();
  expect(watched.errors).toEqual([]);
});

describe('the policy', () => {
  const text = (): Locator => watched.page.getByLabel(/What the file sets/);
  const apply = (): Locator => watched.page.getByRole('button', { name: 'Apply the policy' });

  test('is checked as it is typed, by line and column, and explained member by member', async () => {
    await open('/plan');
    await text().fill('standaloneSharePercent: 200\nnonsense: 1');
    await watched.page.getByText(/line 2, column 1: there is no member nonsense/).waitFor();
    expect(await apply().getAttribute('aria-disabled')).toBe('true');
    await text().fill('offPeakOp');
    await watched.page.getByRole('button', { name: /offPeakOpens/ }).waitFor();
    await text().press('Alt+1');
    expect(await text().inputValue()).toBe('offPeakOpens: "22:00"');
    await watched.page.getByText(/^offPeakOpens: a text/).waitFor();
  });

  test('shows its effect before it is applied, and is applied with a reason', async () => {
    await text().fill(`# ${HOSTILE}\nbake: P2D`);
    await watched.page.getByText('It would change 1 member').waitFor();
    await watched.page.getByText(/In December 2026: [1-9]\d* VMs at another time/).waitFor();
    await watched.page.getByText('Say why: it goes into the audit.').first().waitFor();
    const form = watched.page.locator('form', { has: apply() });
    await form.getByLabel('Reason, for the audit').fill(HOSTILE.slice(0, 2_000));
    await apply().click();
    await watched.page.getByText(/^Version 1, applied/).waitFor();
    expect((await watched.host.request('GET', '/api/policy')).body).toMatchObject({
      version: 1,
      sets: { bake: 'P2D' },
    });
  });

  test('is shown as the text it is, whatever stands in it', async () => {
    const { page } = watched;
    await page.getByText('The version that people applied').click();
    await page
      .getByText(/<img src=x/)
      .first()
      .waitFor();
    expect([await page.locator('img').count(), await page.title(), await isTooWide(page)]).toEqual([
      0,
      'Plan – Lowtide',
      false,
    ]);
  });
});
