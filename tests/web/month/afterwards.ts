import type { Locator } from 'playwright-core';
import { DAYS, ID, open, openHalts, rollout, shows, unsaidOf, untilDay, watched } from './watchedMonth';

test('the audit shows the decision with its reason, and is verified', async () => {
  await open('/audit');
  await shows('I have looked at it.');
  await watched.page.getByRole('button', { name: 'Verify every chain' }).click();
  await shows('Whole: no row was changed, removed or added.');
  expect(watched.errors).toEqual([]);
});

test('the month is watched to its end; each halt says what it is about, and one that comes back is skipped', async () => {
  const { page } = watched;
  await open('');
  let severalCount = 0;
  for (let day = 2; day <= DAYS; day += 1) {
    await untilDay(day);
    if ((await rollout()).state !== 'halted') continue;
    await page.locator('.halt').waitFor();
    const halts = await openHalts();
    expect([day, await unsaidOf(halts)]).toEqual([day, []]);
    if (halts.value.some(({ accusedCount }) => accusedCount > 1)) severalCount += 1;
    await page.getByRole('radio', { name: /^Skip/ }).check();
    await page.locator('.halt').getByLabel('Reason, for the audit').fill('The image is bad.');
    await page.getByRole('button', { name: 'Skip' }).click();
    await page.locator('.halt').waitFor({ state: 'detached' });
  }
  expect(severalCount).toBeGreaterThan(0);
  await shows(/Over on/);
  expect((await rollout()).state).toBe('ended');
  expect(watched.errors).toEqual([]);
});

test('the certificate is a page for an auditor: period, fleet, each share with its limit, each rule with its checks, the verified chains', async () => {
  await open('/certificate');
  await watched.page.getByText('Every limit was kept, every time it could be checked.').waitFor();
  await watched.page.getByText(/^60[01] VMs in \d+ regions and \d+ subscription/).waitFor();
  const row = (name: RegExp): Locator => watched.page.getByRole('row', { name });
  expect(await row(/^An availability set .* at once/).count()).toBe(1);
  expect(await row(/^INV-1 .* [1-9][\d,]* kept/).count()).toBe(1);
  expect(await row(/^rollout-2026-11 [\d,]+ whole \S{20,}/).count()).toBe(1);
  expect(await row(/I have looked at it\./).count()).toBe(1);
  await watched.page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  expect(await watched.page.getByRole('navigation').isVisible()).toBe(false);
  expect(
    await watched.page.evaluate('getComputedStyle(document.querySelector("main article")).backgroundColor'),
  ).toBe('rgb(255, 255, 255)');
  expect((await watched.page.pdf({ preferCSSPageSize: true })).length).toBeGreaterThan(20_000);
  await watched.page.emulateMedia({ media: 'screen', colorScheme: 'light' });
});

test('the fleet and a VM are shown as the rollout that was chosen has them, and the choice stays', async () => {
  const asked: string[] = [];
  watched.page.on('request', (request) => asked.push(request.url()));
  const choiceIn = (address: string): string | null => new URL(address).searchParams.get('rollout');
  await open(`/fleet?rollout=${ID}&search=brasil-api-02`);
  await watched.page.getByRole('link', { name: 'brasil-api-02' }).click();
  await watched.page.getByRole('heading', { name: 'Why, and when' }).waitFor();
  await watched.page.getByRole('navigation').getByRole('link', { name: 'Fleet' }).click();
  await watched.page.getByRole('table', { name: 'VMs' }).waitFor();
  expect(choiceIn(watched.page.url())).toBe(ID);
  const questions = asked.filter((address) => /\/api\/(fleet|explain)\?/.test(address));
  expect(new Set(questions.map(choiceIn))).toEqual(new Set([ID]));
  expect(watched.errors).toEqual([]);
});
