import type { Locator } from 'playwright-core';
import { enterAt, isTooWide, press, tabTo, typeInto } from '../dashboardPage';
import { HOSTILE } from '../hostileFleet';
import { open, watched } from './watchedMonth';

test('by keyboard alone a freeze is set in the plan, seen in its calendar and heeded by its preview, and lifted', async () => {
  const { page } = watched;
  await open('/plan');
  const preview = page.getByRole('region', { name: 'Preview of December 2026' });
  await preview.getByText('Half are done').waitFor();
  const calendar = page.getByRole('group', { name: 'Calendar of freezes and exclusions' });
  await press(page, 'Tab', () => page.evaluate("document.activeElement?.closest('.calendar') !== null"));
  await press(page, 'ArrowDown', () => reached('>= "2026-12-09"'));
  await press(page, 'ArrowLeft', () => reached('< "2026-12-09"'));
  await press(page, 'ArrowRight', () => reached('=== "2026-12-09"'));
  await page.keyboard.press('Enter');
  for (let days = 0; days < 4; days += 1) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await typeInto(page.getByLabel('Its name, as year-end-2026'), 'year-end-2026');
  expect(await page.getByLabel('From, in the time of each VM').inputValue()).toBe('2026-12-09');
  expect(await page.getByLabel('To, that day included').inputValue()).toBe('2026-12-13');
  await typeInto(page.getByLabel('Reason, for the audit'), 'The shop is closed.');
  await page.keyboard.press('Enter');
  await page.getByText('Say whose it is.').waitFor();
  await typeInto(page.getByLabel('Owner, who is reminded'), 'shop@contoso.example');
  await enterAt(page.getByRole('button', { name: 'Set it' }));
  await calendar.getByText('year-end-2026').first().waitFor();
  await page.getByRole('status').filter({ hasText: 'year-end-2026 is set.' }).waitFor({ state: 'attached' });
  await preview.getByText(/^[1-9]\d* in their turn, by a freeze/).waitFor();
  await page.keyboard.press('Shift+Tab');
  await press(page, 'Shift+Tab', () =>
    page.evaluate("document.activeElement?.textContent === 'Lift year-end-2026'"),
  );
  await page.keyboard.press('Enter');
  await page.getByText('None: everything may be patched').waitFor();
  expect(await page.evaluate('document.activeElement?.id')).toBe('freezes');
  const audit = (await watched.host.request('GET', '/api/audit?chain=operator')).body as {
    value: { what: string }[];
  };
  expect(audit.value.map(({ what }) => what)).toEqual(['frozen', 'freezeLifted']);
});

/** Whether the day that has the focus is so. */
const reached = (so: string): Promise<unknown> =>
  watched.page.evaluate(`document.activeElement.dataset.day ${so}`);

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

interface Forecasted {
  readonly counts: Readonly<Record<string, number>>;
  readonly groups: readonly { readonly name: string; readonly counts: Readonly<Record<string, number>> }[];
}

describe('the 30 days', () => {
  const card = (): Locator => watched.page.getByRole('region', { name: 'The 30 days' });
  const answered = async (query: string): Promise<Forecasted> =>
    (await watched.host.request('GET', `/api/forecast?${query}`)).body as Forecasted;
  const takingPart = ({ done = 0, onTime = 0, atRisk = 0, late = 0, excluded = 0 }): number =>
    done + onTime + atRisk + late + excluded;

  test.each([
    ['region', 'region', /^brazilsouth/],
    ['subscription', 'subscription', /^c0d7050e/],
    ['image family', 'family', /^microsoftwindowsserver/],
    ['tag', 'tag:team', /^brasil/],
  ] as const)('are counted by %s as the API counts them', async (choice, by, known) => {
    await card().getByRole('combobox', { name: /^By/ }).selectOption(choice);
    if (choice === 'tag') await card().getByLabel('Name of the tag').fill('team');
    const groups = (await answered(`by=${by}`)).groups.filter(({ counts }) => takingPart(counts) > 0);
    expect(groups.filter(({ name }) => known.test(name)).length).toBeGreaterThan(0);
    const rows = card().locator('.forecast-groups li');
    if (groups.length > 12)
      await card()
        .getByRole('button', { name: /^Show all/ })
        .click();
    await rows
      .filter({ hasText: groups.find(({ name }) => known.test(name))?.name ?? '' })
      .first()
      .waitFor();
    expect(await rows.count()).toBe(groups.length);
    const sums = (await rows.locator('.forecast-count').allInnerTexts()).map(
      (text) => /([\d,]+) VMs?$/.exec(text)?.[1],
    );
    expect(sums.map(Number).sort()).toEqual(groups.map(({ counts }) => takingPart(counts)).sort());
  });

  test('are shown as of a day that is over or to come, and as of now again', async () => {
    const day = card().getByLabel('As of the end of (UTC)');
    const shown = async (): Promise<number> =>
      Number(
        /Done (\d+)/.exec((await card().getByRole('img').first().getAttribute('aria-label')) ?? '')?.[1] ?? 0,
      );
    const done = async (asOf: string): Promise<number> =>
      (await answered(`asOf=${asOf}`)).counts['done'] ?? 0;
    await day.fill('2026-11-10');
    await card().getByText('As of Wed 11 Nov, 00:00 UTC: what happened later does not count').waitFor();
    const before = await shown();
    expect(before).toBe(await done('2026-11-11T00:00:00.000Z'));
    await day.fill('2026-11-20');
    await card().getByText('As of Sat 21 Nov, 00:00 UTC').waitFor();
    expect(await shown()).toBe(await done('2026-11-21T00:00:00.000Z'));
    expect(await shown()).toBeGreaterThan(before);
    await card().getByRole('button', { name: 'As of now' }).click();
    await card().getByText('what happened later does not count').waitFor({ state: 'detached' });
    expect(await day.inputValue()).toBe('');
    expect(watched.errors).toEqual([]);
  });
});

const text = (): Locator => watched.page.getByLabel(/What the file sets/);
const apply = (): Locator => watched.page.getByRole('button', { name: 'Apply the policy' });

describe('the policy', () => {
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

  test('shows its effect before it is applied, and is applied by keyboard with a reason', async () => {
    const { page } = watched;
    await text().fill(`# ${HOSTILE}`); // 5,000 keys would only take longer
    await page.locator('main').focus();
    await tabTo(text());
    await page.keyboard.press('Control+End');
    await page.keyboard.type('\nbake: P2D');
    await watched.page.getByText('It would change 1 member').waitFor();
    await watched.page.getByText(/In December 2026: [1-9]\d* VMs at another time/).waitFor();
    await watched.page.getByText('Say why: it goes into the audit.').first().waitFor();
    const form = watched.page.locator('form', { has: apply() });
    const reason = form.getByLabel('Reason, for the audit');
    await typeInto(reason, 'Two days: ');
    await reason.fill(`Two days: ${HOSTILE.slice(0, 1_900)}`);
    await enterAt(apply());
    await page.getByText(/^Version 1, applied/).waitFor();
    expect(await page.evaluate('document.activeElement?.id')).toBe('policy');
    expect((await watched.host.request('GET', '/api/policy')).body).toMatchObject({
      version: 1,
      sets: { bake: 'P2D' },
    });
  });

  test('is shown as the text it is, whatever stands in it', async () => {
    const { page } = watched;
    await page.getByText('The version that people applied').click();
    await page
      .locator('.versions')
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

test('the policy of another person is not undone with a text that was begun from a version before it: the page says so, and how to go on', async () => {
  const { page } = watched;
  const POLICY = /\/api\/policy$/;
  const mine = `${await text().inputValue()}\nsoak: PT1H`;
  await text().fill(mine);
  await page.getByText('It would change 1 member').waitFor();
  await page.route(POLICY, async (route) => {
    const { 'if-none-match': _tag, ...headers } = route.request().headers();
    const policy = (await (await route.fetch({ headers })).json()) as { applied: object };
    const applied = {
      ...policy.applied,
      version: 2,
      appliedBy: 'ben',
      reason: 'Longer.',
      text: 'bake: P3D',
    };
    await route.fulfill({ json: { ...policy, version: 2, applied } });
  });
  await page.evaluate("dispatchEvent(new Event('online'))");
  const said = page
    .getByRole('alert')
    .filter({ hasText: 'Version 2 is in force, applied by ben (Longer.).' });
  await said.getByText(/begun from version 1 and would undo it\. .* forget the changes/).waitFor();
  expect([await text().inputValue(), await apply().getAttribute('aria-disabled')]).toEqual([mine, 'true']);
  await text().press('End');
  await text().pressSequentially(' ');
  expect(await apply().getAttribute('aria-disabled')).toBe('true');
  await page.getByText('Off: the text is of an earlier version.').waitFor();
  await page.getByRole('button', { name: 'Forget the changes' }).click();
  expect(await text().inputValue()).toBe('bake: P3D');
  await page.unroute(POLICY);
  await page.evaluate("dispatchEvent(new Event('online'))");
  await page.getByText(/^Version 1, applied/).waitFor();
});
