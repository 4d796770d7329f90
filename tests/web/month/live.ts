import { eventually, openPage } from '../dashboardPage';
import { ID, open, shows, untilDay, watched } from './watchedMonth';

test('an open page shows what has changed by itself: plan, what happened, and what is expected', async () => {
  const { page } = watched;
  await open('');
  const day = page.getByText(/^Day \d+ of \d+\./);
  const before = await day.textContent();
  await untilDay(2);
  const rows = page.getByRole('img', { name: /planned from/ });
  await rows
    .and(page.getByRole('img', { name: /Expected from/ }))
    .first()
    .waitFor();
  await rows
    .and(page.getByRole('img', { name: /Work from/ }))
    .first()
    .waitFor();
  expect(await eventually(page, async () => (await day.textContent()) !== before)).toBe(true);
  await page.getByRole('button', { name: /^Phase 1/ }).click();
  await page.getByText(/^Gate open, .* UTC: \d+ VMs? .* healthy/).waitFor();
  expect(await page.locator('.bar-svg .band').count()).toBeGreaterThan(5);
  expect(await page.locator('.bar-svg .band title').first().textContent()).toMatch(
    /^Off-peak \w{3} \d+ Nov, 22:00 GMT[+-][\d:]+ to \w{3} \d+ Nov, 06:00 GMT[+-][\d:]+$/,
  );
});

test('the curve of each image family stands beside the line at which it halts', async () => {
  const health = watched.page.getByRole('region', { name: 'Health by image family' });
  await health
    .getByRole('img', { name: /^Test: now at .* of where it halts.* after [1-9]\d* result/ })
    .first()
    .waitFor();
  await health
    .getByText(/of the way to a halt/)
    .first()
    .waitFor();
});

test('a page that is hidden asks for nothing; one that finds nothing new is answered with a few bytes', async () => {
  const { page, errors } = await openPage(watched.browser);
  await page.clock.install();
  await page.goto(`${watched.host.baseUrl}/dashboard`);
  const asked: string[] = [];
  const answers: number[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('response', (response) => {
    if (response.url().endsWith(`/api/rollouts/${ID}/timeline`)) answers.push(response.status());
  });
  await page.getByText(/^Day \d+ of \d+\./).waitFor();
  await page
    .getByRole('img', { name: /planned from/ })
    .first()
    .waitFor();
  await page.clock.runFor(4_000);
  expect(await eventually(page, () => answers.includes(304))).toBe(true);
  await hide(page, true);
  asked.length = 0;
  await page.clock.runFor(120_000);
  expect(asked).toEqual([]);
  await hide(page, false);
  expect(await eventually(page, () => asked.length > 0)).toBe(true);
  expect(errors).toEqual([]);
  await page.close();
});

const hide = (page: typeof watched.page, isHidden: boolean): Promise<unknown> =>
  page.evaluate(
    `Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} }); document.dispatchEvent(new Event('visibilitychange'));`,
  );

test('a lost connection is said, with how old the page is; a decision that got no answer is called unknown; it recovers', async () => {
  const { page } = watched;
  await page.context().setOffline(true);
  await shows('Connection lost.');
  await shows(/What you see is \d+ s old/);
  expect(await page.getByText('November 2026').first().isVisible()).toBe(true);
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  const form = page.locator('.controls form');
  await form.getByLabel('Reason, for the audit').fill('The line is gone.');
  await form.getByRole('button', { name: 'Pause' }).click();
  await shows(/It is not known whether it has been done: look before you try again/);
  await page.getByRole('button', { name: 'Try now' }).click();
  await page.context().setOffline(false);
  await page.getByText('Connection lost.').waitFor({ state: 'detached' });
});
