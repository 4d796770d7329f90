import { eventually, press } from '../dashboardPage';
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
  expect(halts.value.length).toBeGreaterThan(0);
  expect(await unsaidOf(halts)).toEqual([]);
});

test('a decision is off until it has a reason, and says so', async () => {
  const decide = watched.page.getByRole('button', { name: 'Decide', exact: true });
  expect(await decide.getAttribute('aria-disabled')).toBe('true');
  await shows('Choose one, and say why.');
  await decide.click({ force: true });
  expect((await rollout()).halts[0]?.decision).toBeNull();
});

test('what was chosen is not said of a halt that comes after: the reason stays, and the page asks to choose again', async () => {
  const { page } = watched;
  const decide = page.getByRole('button', { name: /^(Decide|Resume)$/ }).first();
  const resume = page.getByRole('radio', { name: /^Resume/ });
  const reason = page.locator('.halt textarea');
  await resume.check();
  await reason.fill('Looked at.');
  expect(await decide.getAttribute('aria-disabled')).toBe('false');
  await page.route(HALTS, async (route) => {
    const { 'if-none-match': _tag, ...headers } = route.request().headers();
    const response = await route.fetch({ headers });
    const halts = (await response.json()) as { value: object[] };
    const later = { ...halts.value[0], haltId: 'later', decision: null };
    // Without its tag, which would be that of the true answer.
    await route.fulfill({ json: { ...halts, value: [...halts.value, later] } });
  });
  await shows('Read it above, and choose again.');
  expect([await resume.isChecked(), await reason.inputValue()]).toEqual([false, 'Looked at.']);
  expect(await decide.getAttribute('aria-disabled')).toBe('true');
  await resume.check();
  expect(await decide.getAttribute('aria-disabled')).toBe('false');
  await page.unroute(HALTS);
  await shows('Read it above, and choose again.');
});

const HALTS = /\/api\/rollouts\/[^/]+\/halts$/;

test('a halt is read aloud when it comes, and seen on every other page', async () => {
  const { page } = watched;
  await open('/fleet');
  const said = page
    .getByRole('alert')
    .filter({ hasText: 'November 2026 is halted, in whole or in part, and waits for a decision.' });
  await said.waitFor();
  expect((await said.boundingBox())?.height).toBeGreaterThan(20);
  await said.getByRole('link', { name: 'Decide on November 2026' }).click();
  await page.getByRole('region', { name: /^Halted/ }).waitFor();
  expect(await page.getByRole('alert').filter({ hasText: 'is halted' }).count()).toBe(1);
});

test('a halt is resumed by keyboard alone; what is half written, and the place of the cursor, stay while the page is kept up to date', async () => {
  const { page } = watched;
  await page.locator('main').focus();
  await press(page, 'Tab', () => page.evaluate("document.activeElement?.getAttribute('type') === 'radio'"));
  await page.keyboard.press('Space');
  expect(await page.getByRole('radio', { name: /^Resume/ }).isChecked()).toBe(true);
  await press(page, 'Tab', () => page.evaluate("document.activeElement?.tagName === 'TEXTAREA'"));
  await page.keyboard.type('I have looked it.');
  for (let letters = 0; letters < 3; letters += 1) await page.keyboard.press('ArrowLeft');
  const clock = page.locator('.app-clock time');
  const before = await clock.getAttribute('datetime');
  await untilDay(1.01);
  expect(await eventually(page, async () => (await clock.getAttribute('datetime')) !== before)).toBe(true);
  await page.keyboard.type('at ');
  expect(await page.locator('.halt textarea').inputValue()).toBe('I have looked at it.');
  const seen = (await openHalts()).value.map(({ haltId }) => haltId);
  const sent = page.waitForRequest(/\/resume$/);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect((await sent).postDataJSON()).toMatchObject({ forgives: seen, pausedSinceUtc: null });
  await page.getByRole('region', { name: /^Halted/ }).waitFor({ state: 'detached' });
  await page.getByRole('status').filter({ hasText: 'Resume: done.' }).waitFor({ state: 'attached' });
  expect(await page.evaluate('document.activeElement?.id')).toBe('main');
  expect((await rollout()).halts[0]?.decision).toMatchObject({
    kind: 'resume',
    reason: 'I have looked at it.',
  });
});
