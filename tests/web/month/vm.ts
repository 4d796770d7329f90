import { tooWide } from '../dashboardPage';
import { hostile, load, open, shows, watched } from './watchedMonth';

test('a VM shows its month: what happened and what is to come, why and when, in its own time zone, its patches, its health signal by signal', async () => {
  const { page } = watched;
  await open('/fleet?search=brasil-api-01');
  await page.getByRole('link', { name: 'brasil-api-01' }).click();
  const month = page.getByRole('region', { name: 'Its November 2026' });
  await month.getByText('An installation began').waitFor();
  await month.getByText(/^Unhealthy: unhealthy after update/).waitFor();
  const titles = await month.locator('strong').allInnerTexts();
  expect(titles.indexOf('The month’s patches were released')).toBe(0);
  expect(titles.indexOf('An installation began')).toBeGreaterThan(0);
  expect(await month.getByText(/ UTC \(.*GMT-3\)$/).count()).toBeGreaterThan(3);
  const hours = page.getByRole('region', { name: 'Off-peak hours, in its own time' });
  expect(await hours.getByText(/^\w{3} \d+ Nov, 22:00 to 06:00 GMT-3$/).count()).toBe(5);
  const health = page.getByRole('region', { name: 'Health' });
  await health.getByRole('row', { name: /^Resource health unavailable/ }).waitFor();
  expect(await health.getByRole('row', { name: /^Power state running/ }).count()).toBe(1);
  await health
    .getByText(/Last probe after an update, .* UTC: unhealthy, resource health says unavailable/)
    .waitFor();
  const patches = page.getByRole('region', { name: 'Patches' });
  await patches
    .getByRole('row', { name: /^KB\d+ .* installed$/ })
    .first()
    .waitFor();
  await shows('Why, and when');
  expect(watched.errors).toEqual([]);
});

test('a VM that is held says by what, since when, and what would unblock it', async () => {
  const { host, page } = watched;
  await open('/fleet?search=asleep-01');
  await page.getByRole('link', { name: 'asleep-01' }).click();
  const why = page.getByRole('region', { name: 'Why, and when' });
  await why.getByText('Its 30 days end').waitFor();
  const vm = new URL(page.url()).searchParams.get('id');
  const freeze = { from: '2026-11-10', to: '2026-11-30', reason: 'The quarter ends.', owner: 'shop' };
  expect((await host.request('PUT', '/api/freezes/asleep', { ...freeze, selector: { vm } })).status).toBe(
    200,
  );
  const hold = why.locator('.holds li', { hasText: /^frozen/ });
  await hold.waitFor();
  const text = await hold.innerText();
  expect(text).toMatch(/^frozen since \w{3} \d+ Nov, \d\d:\d\d UTC/);
  expect(text).toContain('The quarter ends.');
  expect(text).toMatch(/(It passes with time|Its owner can change that|An operator can change that): \S/);
  const month = page.getByRole('region', { name: 'Its November 2026' });
  await month.getByText('Its turn in the plan').waitFor();
  await month.getByText('The rollout ends, finished or not').waitFor();
  await page.getByText('now', { exact: true }).waitFor();
  await host.request('DELETE', '/api/freezes/asleep');
});

test('a VM that is not known is named by its whole ARM id, which leaves the page whole at 360 pixels', async () => {
  const { page } = watched;
  await load(`/vm?id=${encodeURIComponent(`${hostile.id}-gone`)}`);
  await page.getByRole('heading', { name: /^There is no virtual machine/ }).waitFor();
  const before = page.viewportSize() ?? { width: 1280, height: 844 };
  await page.setViewportSize({ width: 360, height: 844 });
  expect(await tooWide(page)).toEqual([]);
  await page.setViewportSize(before);
});
