import type { Locator, Page } from 'playwright-core';
import { accessibilityProblems, isTooWide, openDashboard } from './dashboardPage';
import type { DashboardHost, OpenDashboard } from './dashboardPage';

/** Two people change the policy and the freezes at the same time: one in the page, one over the API. */
let dashboard: OpenDashboard;
let host: DashboardHost;
let page: Page;
let errors: readonly string[];

beforeAll(async () => {
  dashboard = await openDashboard();
  ({ host, page, errors } = dashboard);
});
afterAll(() => dashboard.close());

const text = (): Locator => page.getByLabel(/What the file sets/);
const button = (name: string): Locator => page.getByRole('button', { name });
const MINE = 'soak: PT1H\nbake: P2D';

test('what another person applied is shown beside one’s own text, which goes on over it when its author says so, and loses nothing', async () => {
  await page.goto(`${host.baseUrl}/dashboard/plan`);
  await text().fill(MINE);
  await page.getByText('It would change 2 members').waitFor();
  await page.getByLabel('Reason, for the audit').first().fill('An hour.');
  const applied = await page.evaluate(
    `fetch('/api/policy?reason=Longer.', { method: 'PUT', body: 'bake: P3D', headers: { 'content-type': 'application/yaml' } }).then(({ status }) => status)`,
  );
  expect(applied).toBe(200);
  await button('Apply the policy').click();
  const said = page.getByRole('alert').filter({ hasText: 'Version 1 is in force' });
  await said.getByText(/begun from version 0/).waitFor();
  await page.getByText('The text of version 1').waitFor();
  expect(await page.locator('.replaced pre').innerText()).toBe('bake: P3D');
  await page.setViewportSize({ width: 400, height: 900 });
  expect([await accessibilityProblems(page), await isTooWide(page)]).toEqual([[], false]);
  await page.setViewportSize({ width: 1280, height: 900 });
  expect([await text().inputValue(), await button('Apply the policy').getAttribute('aria-disabled')]).toEqual(
    [MINE, 'true'],
  );
  await button('Go on with my text over version 1').click();
  expect(await page.evaluate('document.activeElement?.id')).toBe('policy');
  await page.getByText(/bake: P3D → P2D/).waitFor();
  await button('Apply the policy').click();
  await page.getByText(/^Version 2, applied/).waitFor();
  const { body } = await host.request('GET', '/api/policy');
  expect(body).toMatchObject({ version: 2, applied: { text: MINE, reason: 'An hour.' } });
  expect(errors).toEqual([]);
});

test('a text that is not applied yet is there again when its author has looked at another page', async () => {
  await text().fill(`${MINE}\nsetSharePercent: 10`);
  const left = await text().inputValue();
  const pages = page.getByRole('navigation');
  await pages.getByRole('link', { name: 'Audit' }).click();
  await page.getByRole('heading', { name: 'Audit' }).waitFor();
  await pages.getByRole('link', { name: 'Plan' }).click();
  await text().waitFor();
  expect(await text().inputValue()).toBe(left);
  await button('Forget the changes').click();
  expect(await text().inputValue()).toBe(MINE);
  expect(errors).toEqual([]);
});

/** Of another person. */
const put = (id: string, reason: string): Promise<unknown> =>
  host.request('PUT', `/api/freezes/${id}`, { from: '2026-12-01', to: '2027-01-02', reason, owner: 'shop' });

test('a freeze of another person is not replaced by one of the same name without a word', async () => {
  await put('year-end', 'The shop is closed.');
  await page.goto(`${host.baseUrl}/dashboard/plan`);
  const form = page.locator('.freeze-form');
  const submit = form.locator('button[type=submit]');
  await form.getByText('Set one more').click();
  await form.getByLabel('Its name, as year-end-2026').fill('year-end-2');
  await form.getByLabel('From, in the time of each VM').fill('2026-12-20');
  await form.getByLabel('To, that day included').fill('2026-12-21');
  await form.getByLabel('Reason, for the audit').fill('Two days.');
  await form.getByLabel('Owner, who is reminded').fill('ops');
  expect(await submit.innerText()).toBe('Set it');
  // Before the page has asked for it again.
  await put('year-end-2', 'Also closed.');
  await page.evaluate("dispatchEvent(new Event('online'))");
  await form
    .getByText(/year-end-2 is there already: 2026-12-01 to 2027-01-02, every VM \(Also closed\. – shop\)/)
    .waitFor();
  expect(await submit.innerText()).toBe('Replace it');
  await form.getByLabel('What').selectOption('exclusions');
  expect(await submit.innerText()).toBe('Set it');
  await form.getByLabel('What').selectOption('freezes');
  expect(await accessibilityProblems(page)).toEqual([]);
  await submit.click();
  await page.getByText('2026-12-20 to 2026-12-21').waitFor();
  expect(errors).toEqual([]);
});

const FREEZES = /\/api\/freezes$/;

/** The page does not see what follows until it has decided. */
async function asItIsNow(): Promise<void> {
  const { body } = await host.request('GET', '/api/freezes');
  await page.route(FREEZES, (route) => route.fulfill({ json: body }));
  await page.goto(`${host.baseUrl}/dashboard/plan`);
  await page.locator('.freezes li').first().waitFor();
}

const reasonKept = async (id: string): Promise<string | undefined> => {
  const { body } = await host.request('GET', '/api/freezes');
  return (body as { value: { id: string; reason: string }[] }).value.find((one) => one.id === id)?.reason;
};

test('a freeze that another person has set since the page has asked is not replaced, and is shown then', async () => {
  await asItIsNow();
  const form = page.locator('.freeze-form');
  await form.getByText('Set one more').click();
  await form.getByLabel('Its name, as year-end-2026').fill('unseen');
  await form.getByLabel('From, in the time of each VM').fill('2026-12-20');
  await form.getByLabel('To, that day included').fill('2026-12-21');
  await form.getByLabel('Reason, for the audit').fill('Two days.');
  await form.getByLabel('Owner, who is reminded').fill('ops');
  await put('unseen', 'Not seen.');
  await form.getByRole('button', { name: 'Set it' }).click();
  await form
    .getByRole('alert')
    .getByText(/it is there already/)
    .waitFor();
  expect(await reasonKept('unseen')).toBe('Not seen.');
  await page.unroute(FREEZES);
  await form.getByRole('button', { name: 'Replace it' }).click();
  await page.getByRole('listitem').filter({ hasText: 'Two days.' }).filter({ hasText: 'unseen' }).waitFor();
  expect(errors).toEqual([]);
});

test('a freeze that another person has changed since the page has asked is not lifted', async () => {
  await asItIsNow();
  await put('unseen', 'Needed after all.');
  const row = page.getByRole('listitem').filter({ hasText: 'unseen' });
  await row.getByRole('button', { name: 'Lift' }).click();
  await row
    .getByRole('alert')
    .getByText(/was changed since it was read/)
    .waitFor();
  expect(await reasonKept('unseen')).toBe('Needed after all.');
  await page.unroute(FREEZES);
  await row.getByText('Needed after all.').waitFor();
  await row.getByRole('button', { name: 'Lift' }).click();
  await row.waitFor({ state: 'detached' });
  expect([await reasonKept('unseen'), errors]).toEqual([undefined, []]);
});

const VERSIONS = [2, 1].map((version) => ({
  version,
  appliedUtc: '2026-11-10T18:00:00.000Z',
  appliedBy: 'ann',
  reason: 'Longer.',
  text: MINE,
}));

test.each([
  ['freezes', FREEZES, [], 'More freezes are over than are listed here: lowtide freeze lists them all.'],
  [
    'exclusions',
    /\/api\/exclusions$/,
    [],
    'More exclusions are over than are listed here: lowtide exclude lists them all.',
  ],
  [
    'versions of the policy',
    /\/api\/policy\/versions$/,
    VERSIONS,
    'The latest 2 versions that people applied',
  ],
])('of %s that fill more than a page the page says that there are more', async (_what, path, value, said) => {
  let answer: object = { value };
  await page.route(path, (route) => route.fulfill({ json: answer }));
  const read = page.waitForResponse(path);
  await page.goto(`${host.baseUrl}/dashboard/plan`);
  await read;
  await page.waitForTimeout(500);
  expect(await page.getByText(said).count()).toBe(0);
  answer = { value, nextLink: '/api/more' };
  await page.evaluate("dispatchEvent(new Event('online'))");
  await page.getByText(said).waitFor();
  await page.unroute(path);
  expect(errors).toEqual([]);
});
