import type { Page } from 'playwright-core';
import {
  accessibilityProblems,
  eventually,
  isTooWide,
  openDashboard,
  openPage,
  type DashboardHost,
  type OpenDashboard,
} from './dashboardPage';

const ID = 'rollout-2026-11';

/** A host of which single addresses fail while it answers all others: storage that is throttled, a table that cannot be read. */
let dashboard: OpenDashboard;
let host: DashboardHost;
let page: Page;
let errors: readonly string[];

beforeAll(async () => {
  dashboard = await openDashboard('2026-11-10T19:00:00.000Z');
  ({ host, page, errors } = dashboard);
});
afterAll(() => dashboard.close());
afterEach(async () => {
  await page.unrouteAll();
});

const open = (path: string): Promise<unknown> => page.goto(`${host.baseUrl}/dashboard${path}`);

const PROBLEM = { title: 'The table was not read.', detail: 'Storage is throttled. Wait a minute.' };

/** What is asked of such an address is answered with this problem until it is not routed any more. */
const failing = (path: RegExp, status: number): Promise<unknown> =>
  page.route(path, (route) =>
    route.fulfill({ status, contentType: 'application/problem+json', json: PROBLEM }),
  );

test('without a plan the map says so', async () => {
  await page.route(/\/timeline$/, (route) => route.fulfill({ json: { phases: [] } }));
  await open('/world');
  await page.locator('main').getByText('There is no plan yet.').waitFor();
  expect(await page.getByText('0 regions').count()).toBe(0);
});

const bar = (): ReturnType<Page['locator']> => page.locator('.connection-bar-place');

test.each([
  ['freezes', /\/api\/freezes$/],
  ['exclusions', /\/api\/exclusions$/],
])('%s that could not be read are not shown as none', async (_what, path) => {
  await failing(path, 500);
  await open('/plan');
  const card = page.getByRole('region', { name: 'Freezes and exclusions' });
  await card.getByText(`${PROBLEM.title} ${PROBLEM.detail}`).waitFor();
  expect(await card.getByText('None: everything may be patched').count()).toBe(0);
});

test('a policy that could not be read is not shown as none', async () => {
  await failing(/\/api\/policy$/, 500);
  await open('/plan');
  const card = page.getByRole('region', { name: 'Policy' });
  await card.getByText(`${PROBLEM.title} ${PROBLEM.detail}`).waitFor();
  expect(await card.getByText('no file was applied').count()).toBe(0);
});

test('a plan that could not be read is not waited for without a word', async () => {
  await failing(/\/timeline$/, 500);
  await open('/world');
  await page.locator('main').getByText(`${PROBLEM.title} ${PROBLEM.detail}`).waitFor();
  expect(await page.getByText('Reading the plan').count()).toBe(0);
});

test.each([500, 503])(
  'what is old because one address answers %i while others answer is said above every page, with why and how old it is, until it is read again',
  async (status) => {
    await open('');
    await page.getByText(/^Day \d+ of \d+\./).waitFor();
    expect(await bar().innerText()).toBe('');
    await failing(/\/halts$/, status);
    const said = bar().getByText('Part of this page could not be read.');
    await said.waitFor();
    await bar()
      .getByText(/The table was not read\. Storage is throttled\. Wait a minute\. .*is \d+ s old/)
      .waitFor();
    // Other answers do not take the words away.
    for (let looks = 0; looks < 10; looks += 1) {
      await page.waitForTimeout(500);
      expect(await said.isVisible()).toBe(true);
    }
    await page.setViewportSize({ width: 400, height: 900 });
    expect([await accessibilityProblems(page), await isTooWide(page)]).toEqual([[], false]);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.unrouteAll();
    await said.waitFor({ state: 'detached' });
  },
);

test('«Try now» asks for every part of the page at once, whatever its timers say', async () => {
  const { page } = await openPage(dashboard.browser);
  await page.clock.install();
  await page.route(/\/halts$/, (route) => route.fulfill({ status: 503, json: PROBLEM }));
  const asked = new Set<string>();
  page.on('request', (request) => asked.add(new URL(request.url()).pathname));
  await page.goto(`${host.baseUrl}/dashboard`);
  const tryNow = page.getByRole('button', { name: 'Try now' });
  await tryNow.waitFor();
  // What is due is asked for a last time; then the clock stands, and only a person asks.
  await page.clock.pauseAt(Date.now() + 60_000);
  await page.waitForTimeout(1_000);
  asked.clear();
  const parts = ['', '/halts', '/timeline'].map((part) => `/api/rollouts/${ID}${part}`);
  const allAsked = async (): Promise<boolean> => {
    await tryNow.click();
    return parts.every((path) => asked.has(path));
  };
  expect(await eventually(page, allAsked)).toBe(true);
  await page.close();
});

test('what is old on a page that was left is said there no more', async () => {
  await failing(/\/timeline$/, 500);
  await open('/world');
  const said = bar().getByText('Part of this page could not be read.');
  await said.waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'Audit' }).click();
  await said.waitFor({ state: 'detached' });
  expect(errors).toEqual([]);
});

test('what fails only after its page was left is not said on another one', async () => {
  let fail = (): void => undefined;
  const left = new Promise<void>((resolve) => {
    fail = resolve;
  });
  await page.route(/\/timeline$/, async (route) => {
    await left;
    await route.fulfill({ status: 503, contentType: 'application/problem+json', json: PROBLEM });
  });
  const asked = page.waitForRequest(/\/timeline$/);
  await open('/world');
  const answered = (await asked).response();
  await page.getByRole('navigation').getByRole('link', { name: 'Audit' }).click();
  await page.getByRole('heading', { name: 'Audit' }).waitFor();
  fail();
  await answered;
  await page.waitForTimeout(500);
  expect(await bar().innerText()).toBe('');
  expect(errors).toEqual([]);
});
