import type * as RehearsalsModule from '../../local/rehearsals';
import type { Browser, Page } from 'playwright-core';
import { loadNatively } from '../emulator/support/nativeHost';
import {
  accessibilityProblems,
  dashboardHost,
  eventually,
  isTooWide,
  launchChromium,
  openPage,
  type DashboardHost,
} from './dashboardPage';

const { Rehearsals } = loadNatively('dist/local/rehearsals.js') as typeof RehearsalsModule;

const rehearsals = new Rehearsals();
let host: DashboardHost;
let browser: Browser;
let page: Page;
let errors: string[];

beforeAll(async () => {
  [host, browser] = await Promise.all([
    dashboardHost({ startUtc: '2026-11-10T18:00:00.000Z', alsoServes: rehearsals.serve }),
    launchChromium(),
  ]);
  ({ page, errors } = await openPage(browser));
});
afterAll(async () => {
  rehearsals.stop();
  await browser.close();
  await host.close();
});

const LINK = '/dashboard/rehearsal?fleet=e2e&scenario=calm&seed=7&month=2026-11&speed=600';
let address = '';

test('a link has the choice of a rehearsal in it, and starts nothing by itself', async () => {
  await page.goto(host.baseUrl + LINK);
  expect(await page.getByLabel('Fleet').inputValue()).toBe('e2e');
  expect(await page.getByLabel('What goes wrong').inputValue()).toBe('calm');
  expect(await page.getByLabel('Seed of its random choices').inputValue()).toBe('7');
  expect(await page.getByRole('heading', { name: /on e2e/ }).count()).toBe(0);
});

test('a rehearsal is started, has a dashboard of its own, and a link that repeats it', async () => {
  await page.getByRole('button', { name: 'Start the rehearsal of November 2026' }).click();
  const watch = page.getByRole('link', { name: 'Watch it in its own dashboard' });
  await watch.waitFor();
  address = (await watch.getAttribute('href')) ?? '';
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/dashboard$/);
  expect(await page.getByLabel('The link that repeats it').inputValue()).toBe(host.baseUrl + LINK);
  expect([await accessibilityProblems(page), await isTooWide(page)]).toEqual([[], false]);
});

test('it is paused in its own dashboard, stands still, and goes on at another speed', async () => {
  await page.goto(address);
  await page.getByRole('button', { name: 'Pause' }).first().click();
  await page.getByText(/Rehearsal on e2e, calm, seed 7: paused/).waitFor();
  const clock = page.getByTitle('The clock of the app');
  await page.waitForTimeout(1_200); // a poll of what was under way
  const before = await clock.textContent();
  await page.waitForTimeout(1_200);
  expect(await clock.textContent()).toBe(before);
  await page.getByRole('link', { name: 'Speed' }).click();
  await page.getByLabel('Speed').selectOption('a day a second');
  await page.getByRole('button', { name: 'Let time go on' }).first().click();
  await page.getByText(/seed 7: running/).waitFor();
  expect(await eventually(page, async () => (await clock.textContent()) !== before)).toBe(true);
  expect(errors).toEqual([]);
});

test('pages of other sites start none, and a choice that cannot be is said', async () => {
  const asked = (body: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`${host.baseUrl}/rehearsal`, { method: 'POST', body, headers });
  const json = { 'content-type': 'application/json' };
  expect((await asked('{}', { ...json, origin: 'https://evil.example' })).status).toBe(403);
  expect((await asked('{}', { ...json, host: 'evil.example' })).status).not.toBe(202);
  const choice = { fleet: '../package', scenario: null, seed: 1, speed: 600 };
  expect((await asked(JSON.stringify(choice), json)).status).toBe(400);
  const missing = await asked(JSON.stringify({ ...choice, fleet: 'nowhere' }), json);
  expect([missing.status, ((await missing.json()) as { detail: string }).detail]).toEqual([
    400,
    'There is no fleet nowhere. There is contoso, e2e.',
  ]);
});
