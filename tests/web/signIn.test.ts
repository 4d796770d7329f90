import type { Browser, Page } from 'playwright-core';
import { anIssuer, type Issuer } from '../support/entra';
import {
  accessibilityProblems,
  dashboardHost,
  launchChromium,
  openPage,
  type DashboardHost,
} from './dashboardPage';

/** A host that believes an issuer of this machine, which signs people in as Entra ID does. */
const CLIENT = '0c0c0c0c-0000-4000-8000-000000000001';

let issuer: Issuer;
let host: DashboardHost;
let browser: Browser;
let page: Page;
let errors: string[];

beforeAll(async () => {
  issuer = await anIssuer();
  [host, browser] = await Promise.all([
    dashboardHost({
      fleet: 'fleets/e2e.json',
      startUtc: '2026-11-10T18:00:00.000Z',
      settings: { ...issuer.environment, LOWTIDE_AUTH_CLIENT: CLIENT },
    }),
    launchChromium(),
  ]);
  const authorization = `Bearer ${issuer.token({ roles: ['operator'] })}`;
  const started = await host.request('POST', '/api/rollouts', { month: '2026-11' }, { authorization });
  if (started.status !== 202) throw new Error(`POST /api/rollouts answered ${started.status}.`);
  await host.runUntil('2026-11-10T19:00:00.000Z');
  ({ page, errors } = await openPage(browser));
});
afterAll(async () => {
  await browser.close();
  await host.close();
  await issuer.close();
});

const open = (path: string): Promise<unknown> => page.goto(`${host.baseUrl}/dashboard${path}`);
const signIn = (name: string | RegExp): Promise<void> => page.getByRole('button', { name }).click();

test('nothing of the fleet is shown before the sign-in, which the page explains', async () => {
  await open('/fleet?search=lone');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.getByText('people of your organisation who have a role').waitFor();
  expect(await page.getByText('e2e-lone').count()).toBe(0);
  expect(await accessibilityProblems(page)).toEqual([]);
});

test('an account without a role sees why, by the words of the API', async () => {
  issuer.signsInAs([]);
  await signIn('Sign in with Microsoft Entra ID');
  await page.getByRole('heading', { name: 'Your account has no role here' }).waitFor();
  expect(await page.getByText(/It needs the role reader/).count()).toBe(1);
});

test('a reader comes back to where it was, sees everything, and reads why each button is off', async () => {
  issuer.signsInAs(['reader']);
  await signIn('Sign in with another account');
  await page.getByText('e2e-lone').first().waitFor();
  expect(new URL(page.url()).search).toBe('?search=lone');
  await open('');
  const pause = page.getByRole('button', { name: 'Pause' });
  await page
    .getByText(/Off: it needs the role operator, and ann@contoso.com .* has the role reader/)
    .first()
    .waitFor();
  expect([await pause.isVisible(), await pause.getAttribute('aria-disabled')]).toEqual([true, 'true']);
  await open('/plan');
  await page.getByLabel(/What the file sets/).fill('soak: PT1H');
  await page.getByText('It would change 1 member').waitFor();
  const apply = page.getByRole('button', { name: 'Apply the policy' });
  expect(await apply.getAttribute('aria-disabled')).toBe('true');
  await page
    .getByText(/Off: it needs the role operator/)
    .first()
    .waitFor();
});

test('the API forbids what the button would have asked for, whatever a page does', async () => {
  const token = await page.evaluate<string>("sessionStorage.getItem('lowtide.token')");
  const init = { method: 'POST', body: '{"reason":"r"}', headers: { authorization: `Bearer ${token}` } };
  const status = await page.evaluate(
    `fetch('/api/rollouts/rollout-2026-11/pause', ${JSON.stringify(init)}).then(({ status }) => status)`,
  );
  expect(status).toBe(403);
});

test('a code that this tab did not ask for signs in no account', async () => {
  await page.evaluate('sessionStorage.clear()');
  await open('?code=stolen&state=other');
  await page.getByText(/This is not the sign-in that was begun in this tab/).waitFor();
  expect(await page.evaluate("sessionStorage.getItem('lowtide.token')")).toBeNull();
});

test('a token that a person has is taken, too, and an operator’s buttons are on', async () => {
  await page.getByText('Use a token').click();
  await page.getByLabel('Bearer token').fill(issuer.token({ roles: ['operator'] }));
  await signIn('Use it in this tab');
  await page.getByText('Nothing new starts; what is in flight ends.').waitFor();
  expect(await page.getByRole('button', { name: 'Pause' }).getAttribute('aria-disabled')).toBe('false');
  expect(errors).toEqual([]);
});
