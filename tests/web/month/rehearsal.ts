import { accessibilityProblems, enterAt, eventually, isTooWide, typeInto } from '../dashboardPage';
import { watched } from './watchedMonth';

const LINK = '/dashboard/rehearsal?fleet=e2e&scenario=calm&seed=7&month=2026-11&speed=600';
let address = '';

/** By the clock of the rehearsal. */
async function timeThere(): Promise<string | null> {
  const answer = await fetch(`${new URL(address).origin}/api/rollouts`);
  return answer.headers.get('x-lowtide-now');
}

test('a link has the choice of a rehearsal in it, and starts nothing by itself', async () => {
  await watched.page.goto(watched.host.baseUrl + LINK);
  expect(await watched.page.getByLabel('Fleet').inputValue()).toBe('e2e');
  expect(await watched.page.getByLabel('What goes wrong').inputValue()).toBe('calm');
  expect(await watched.page.getByLabel('Seed of its random choices').inputValue()).toBe('7');
  expect(await watched.page.getByRole('heading', { name: /on e2e/ }).count()).toBe(0);
});

test('a rehearsal is started, has a dashboard of its own, and a link that repeats it', async () => {
  await watched.page.getByRole('button', { name: 'Start the rehearsal of November 2026' }).click();
  const watch = watched.page.getByRole('link', { name: 'Watch it in its own dashboard' });
  await watch.waitFor();
  address = (await watch.getAttribute('href')) ?? '';
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/dashboard$/);
  expect(await watched.page.getByLabel('The link that repeats it').inputValue()).toBe(
    watched.host.baseUrl + LINK,
  );
  expect([await accessibilityProblems(watched.page), await isTooWide(watched.page)]).toEqual([[], false]);
});

test('it is paused in its own dashboard, and stands still', async () => {
  await watched.page.goto(address);
  await watched.page.getByRole('button', { name: 'Pause' }).first().click();
  await watched.page.getByText(/Rehearsal on e2e, calm, seed 7: paused/).waitFor();
  // A step that had begun goes to its end.
  const stands = async (): Promise<boolean> => {
    const nowUtc = await timeThere();
    await watched.page.waitForTimeout(300); // three minutes there, if it did not stand
    return (await timeThere()) === nowUtc;
  };
  expect(await eventually(watched.page, stands)).toBe(true);
});

test('its rollout is paused and cancelled by keyboard alone, with a reason each', async () => {
  const { page } = watched;
  const controls = page.getByRole('region', { name: 'Control' });
  const decide = async (opens: string, reason: string): Promise<void> => {
    await enterAt(controls.locator('ul').getByRole('button', { name: opens }));
    await typeInto(controls.getByLabel('Reason, for the audit'), reason);
    await enterAt(controls.locator('form').getByRole('button', { name: opens }));
    await page
      .getByRole('status')
      .filter({ hasText: `${opens}: done.` })
      .waitFor({ state: 'attached' });
    expect(await page.evaluate('document.activeElement?.id')).toBe('main');
  };
  await page.locator('main').focus();
  await decide('Pause', 'A look.');
  await page.locator('.badge', { hasText: 'Paused' }).first().waitFor();
  await decide('Cancel the rollout', 'Enough was seen.');
  await page
    .locator('.badge', { hasText: /Cancell/ })
    .first()
    .waitFor();
});

test('it goes on at another speed', async () => {
  const nowUtc = await timeThere();
  await watched.page.getByRole('link', { name: 'Speed' }).click();
  await watched.page.getByLabel('Speed').selectOption('a day a second');
  await watched.page.getByRole('button', { name: 'Let time go on' }).first().click();
  await watched.page.getByText(/seed 7: running/).waitFor();
  expect(await eventually(watched.page, async () => (await timeThere()) !== nowUtc)).toBe(true);
  expect(watched.errors).toEqual([]);
});

test('pages of other sites start none, and a choice that cannot be is said', async () => {
  const asked = (body: string, headers: Record<string, string>): Promise<Response> =>
    fetch(`${watched.host.baseUrl}/rehearsal`, { method: 'POST', body, headers });
  const json = { 'content-type': 'application/json' };
  expect((await asked('{}', { ...json, origin: 'https://evil.example' })).status).toBe(403);
  expect((await asked('{}', { ...json, host: 'evil.example' })).status).not.toBe(202);
  const choice = { fleet: '../package', scenario: null, seed: 1, speed: 600 };
  expect((await asked(JSON.stringify(choice), json)).status).toBe(400);
  const missing = await asked(JSON.stringify({ ...choice, fleet: 'nowhere' }), json);
  expect([missing.status, ((await missing.json()) as { detail: string }).detail]).toEqual([
    400,
    'There is no fleet nowhere. The fleets are contoso, e2e.',
  ]);
});
