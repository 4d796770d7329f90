import type { Page } from 'playwright-core';
import { accessibilityProblems, openDashboard } from './dashboardPage';
import type { DashboardHost, OpenDashboard } from './dashboardPage';

/** A decision that another person's overtook: what was decided about is gone from the page when the host says so. */
let dashboard: OpenDashboard;
let host: DashboardHost;
let page: Page;
let errors: readonly string[];

beforeAll(async () => {
  dashboard = await openDashboard('2026-11-10T19:00:00.000Z');
  ({ host, page, errors } = dashboard);
});
afterAll(() => dashboard.close());

const HALT = {
  haltId: 'one',
  kind: 'halt',
  phase: 'phase-1',
  region: null,
  why: 'two VMs are unhealthy',
  atUtc: '2026-11-10T18:30:00.000Z',
  decision: null,
  stops: 'the rollout',
  accusedCount: 0,
  accused: [],
  inCommon: [],
  waitingCount: 3,
  skips: 'phase 1',
  skippedCount: 3,
};
const HALTS = { value: [HALT], waitingCount: 3, plannedCount: 3 };
const OVERTAKEN = {
  title: 'Something came while resume of rollout-2026-11 was carried out, and stands.',
  detail: 'ann answered one with skip.',
};

test('of a halt that another person has answered otherwise the page says so, when the halt is gone, until another one comes', async () => {
  let halts: object = HALTS;
  await page.route(/\/halts$/, (route) => route.fulfill({ json: halts }));
  await page.route(/\/resume$/, (route) => {
    halts = { ...HALTS, value: [] };
    return route.fulfill({ status: 409, contentType: 'application/problem+json', json: OVERTAKEN });
  });
  await page.goto(`${host.baseUrl}/dashboard`);
  const halt = page.getByRole('region', { name: /^Halted/ });
  await halt.getByRole('radio', { name: /^Resume/ }).check();
  await halt.locator('textarea').fill('Looked at.');
  await halt.getByRole('button', { name: 'Resume' }).click();
  await halt.waitFor({ state: 'detached' });
  const said = page.getByRole('alert').filter({ hasText: `${OVERTAKEN.title} ${OVERTAKEN.detail}` });
  await said.waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);
  halts = { ...HALTS, value: [{ ...HALT, haltId: 'two' }] };
  await halt.waitFor();
  expect(await said.count()).toBe(0);
  halts = { ...HALTS, value: [] };
  await halt.waitFor({ state: 'detached' });
  expect([await said.count(), errors]).toEqual([0, []]);
});

test('of a resume after which the rollout is not paused any more the page says what overtook it', async () => {
  await page.unrouteAll();
  await host.request('POST', '/api/rollouts/rollout-2026-11/pause', { reason: 'A moment.' });
  await page.goto(`${host.baseUrl}/dashboard`);
  await page.route(/\/resume$/, async (route) => {
    await route.fetch();
    await route.fulfill({ status: 409, contentType: 'application/problem+json', json: OVERTAKEN });
  });
  const controls = page.getByRole('region', { name: 'Control' });
  const resume = controls.getByRole('button', { name: 'Resume', expanded: false });
  await resume.click();
  await controls.locator('textarea').fill('It has passed.');
  await controls.locator('button[type=submit]').click();
  await controls.locator('form').waitFor({ state: 'detached' });
  const said = controls.getByRole('alert').filter({ hasText: OVERTAKEN.detail });
  await said.waitFor();
  await controls.getByRole('button', { name: 'Pause' }).click();
  expect([await said.count(), errors]).toEqual([0, []]);
});
