import { press } from '../dashboardPage';
import { hostile, open, openHalts, rollout, shows, unsaidOf, untilDay, watched } from './watchedMonth';

test('a host without a rollout says so, and starts one for the person who asks', async () => {
  const posted = await watched.host.request('POST', '/api/fleet', hostile.text);
  expect(posted.status).toBe(200);
  await open('');
  await shows('No rollout yet');
  await watched.page.getByRole('button', { name: 'Start the latest month' }).click();
  await untilDay(0.01);
  await shows('November 2026');
  expect((await rollout()).state).toBe('running');
});

test('a halt cannot be missed: what, which VMs, what they share, what each decision would do', async () => {
  await untilDay(1);
  const halt = watched.page.getByRole('region', { name: /^Halted/ });
  await halt.getByText(/unhealthy after their update/).waitFor();
  expect(await halt.isVisible()).toBe(true);
  const halts = await openHalts();
  expect(halts.length).toBeGreaterThan(0);
  expect(await unsaidOf(halts)).toEqual([]);
});

test('a decision is off until it has a reason, and says so', async () => {
  const decide = watched.page.getByRole('button', { name: 'Decide' });
  expect(await decide.getAttribute('aria-disabled')).toBe('true');
  await shows('Choose one, and say why.');
  await decide.click({ force: true });
  expect((await rollout()).halts[0]?.decision).toBeNull();
});

test('a halt is resumed by keyboard alone', async () => {
  const { page } = watched;
  await page.locator('main').focus();
  await press(page, 'Tab', () => page.evaluate("document.activeElement?.getAttribute('type') === 'radio'"));
  await page.keyboard.press('Space');
  expect(await page.getByRole('radio', { name: /^Resume/ }).isChecked()).toBe(true);
  await press(page, 'Tab', () => page.evaluate("document.activeElement?.tagName === 'TEXTAREA'"));
  await page.keyboard.type('I have looked at it.');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: /^Halted/ }).waitFor({ state: 'detached' });
  expect((await rollout()).halts[0]?.decision).toMatchObject({
    kind: 'resume',
    reason: 'I have looked at it.',
  });
});
