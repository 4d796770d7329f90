import type { Browser, Page } from 'playwright-core';
import {
  accessibilityProblems,
  dashboardHost,
  isTooWide,
  launchChromium,
  openPage,
  type DashboardHost,
} from './dashboardPage';
import { hostileFleet } from './hostileFleet';

/** One month of contoso in which an image is bad, watched in one browser. The tests go on from each other, as a person would. */
const RELEASED = '2026-11-10T18:00:00.000Z';
const ID = 'rollout-2026-11';
const DAY_MS = 86_400_000;

const hostile = hostileFleet();
let host: DashboardHost;
let browser: Browser;
let page: Page;
let errors: string[];

beforeAll(async () => {
  [host, browser] = await Promise.all([
    dashboardHost({ startUtc: RELEASED, scenario: 'fleets/scenarios/bad-patch.json' }),
    launchChromium(),
  ]);
  expect((await host.request('POST', '/api/fleet', hostile.text)).status).toBe(200);
  ({ page, errors } = await openPage(browser));
});
afterAll(async () => {
  await browser.close();
  await host.close();
});

const open = (path: string): Promise<unknown> => page.goto(`${host.baseUrl}/dashboard${path}`);
const untilDay = (day: number): Promise<void> =>
  host.runUntil(new Date(Date.parse(RELEASED) + day * DAY_MS).toISOString());
const shows = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();

interface Rollout {
  readonly state: string;
  readonly halts: readonly { readonly decision: { readonly kind: string; readonly reason: string } | null }[];
}
async function rollout(): Promise<Rollout> {
  return (await host.request('GET', `/api/rollouts/${ID}`)).body as Rollout;
}

test('a host without a rollout says so, and starts one for the person who asks', async () => {
  await open('');
  await shows('No rollout yet');
  await page.getByRole('button', { name: 'Start the latest month' }).click();
  await untilDay(0.01);
  await shows('November 2026');
});

test('a halt cannot be missed: what, which VMs, what they share, what each decision would do', async () => {
  await untilDay(1);
  const halt = page.getByRole('region', { name: /^Halted/ });
  await halt.waitFor();
  await halt.getByText(/unhealthy after their update/).waitFor();
  await halt.getByText('image family').waitFor();
  await halt.getByText(/VMs end as skipped. Everything else goes on/).waitFor();
  expect(await page.getByText('Halted').first().isVisible()).toBe(true);
});

test('a decision is off until it has a reason, and says so', async () => {
  const decide = page.getByRole('button', { name: 'Decide' });
  expect(await decide.getAttribute('aria-disabled')).toBe('true');
  await shows('Choose one, and say why.');
  await decide.click({ force: true });
  expect((await rollout()).halts[0]?.decision).toBeNull();
});

test('a halt is resumed by keyboard alone', async () => {
  await page.locator('main').focus();
  await press('Tab', () => page.evaluate("document.activeElement?.getAttribute('type') === 'radio'"));
  await page.keyboard.press('Space');
  expect(await page.getByRole('radio', { name: /^Resume/ }).isChecked()).toBe(true);
  await press('Tab', () => page.evaluate("document.activeElement?.tagName === 'TEXTAREA'"));
  await page.keyboard.type('I have looked at it.');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: /^Halted/ }).waitFor({ state: 'detached' });
  expect((await rollout()).halts[0]?.decision).toMatchObject({ kind: 'resume', reason: 'I have looked at it.' });
});

/** Presses a key until the page is where it should be; no page has so many stops. */
async function press(key: string, isThere: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 60; tries += 1) {
    await page.keyboard.press(key);
    if ((await isThere()) === true) return;
  }
  throw new Error(`${key} never led there.`);
}
