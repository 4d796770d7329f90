import type * as StartEmergencyModule from '../../../lab/browser/startEmergency';
import { loadNatively } from '../../emulator/support/nativeHost';
import { isTooWide, press } from '../dashboardPage';
import { open, shows, watched } from './watchedMonth';

const { startEmergency } = loadNatively('dist/lab/browser/startEmergency.js') as typeof StartEmergencyModule;

const SELECTOR = { region: 'westus', family: 'canonical:ubuntuserver:18.04-lts' };
const REASON = 'CVE-2026-31337 is used.';
/** All of it is over long before the watched month goes on. */
const AFTER_HOURS = 9;

export const EMERGENCY = 'rollout-2026-11-e1';

const laterBy = (hours: number): Promise<void> =>
  watched.host.runUntil(new Date(watched.host.nowMs() + hours * 3_600_000).toISOString());

test('an emergency that was asked for waits for its approval: said on every page, read aloud, and shown with its patches and hours', async () => {
  const { host, page } = watched;
  await open('/audit');
  expect(await startEmergency(host, SELECTOR, REASON)).toBe(EMERGENCY);
  await laterBy(0.2);
  const said = page
    .getByRole('status')
    .filter({ hasText: 'November 2026, emergency 1 waits for an approval.' });
  await said.waitFor();
  await said.getByRole('link', { name: 'Decide on November 2026, emergency 1' }).click();
  await page.getByRole('heading', { level: 1, name: 'November 2026, emergency 1 Running' }).waitFor();
  await shows(REASON);
  await shows(
    /^It installs .* on region westus and family canonical:ubuntuserver:18\.04-lts, at any hour\.$/,
  );
  const card = page.getByRole('region', { name: 'Phase 1 waits for an approval' });
  await card
    .getByText(/VMs? of Phase 1 start now, at any hour\. Not used within 3 days, it lapses\.$/)
    .waitFor();
});

test('it is approved by keyboard alone, runs beside the month, and is shown as it goes', async () => {
  const { page } = watched;
  await page.locator('main').focus();
  await press(page, 'Tab', () => page.evaluate("document.activeElement?.value === 'approve'"));
  await page.keyboard.press('Space');
  await press(page, 'Tab', () => page.evaluate("document.activeElement?.tagName === 'TEXTAREA'"));
  await page.keyboard.type('At once.');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'Approved' }).getByText('At once.').waitFor();
  await laterBy(AFTER_HOURS);
  await page.getByRole('button', { name: /^Phase 1 \d+ regions?$/ }).waitFor();
  await page
    .getByRole('img', { name: /^Phase 1: planned from .* Work from / })
    .first()
    .waitFor();
  await page.getByRole('link', { name: 'November 2026', exact: true }).waitFor();
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await isTooWide(page)).toBe(false);
  await page.setViewportSize({ width: 1280, height: 900 });
  expect(watched.errors).toEqual([]);
});
