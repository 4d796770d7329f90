import type { Browser, Locator, Page } from 'playwright-core';
import { anIssuer, type Issuer } from '../support/entra';
import {
  accessibilityProblems,
  dashboardHost,
  launchChromium,
  openPage,
  type DashboardHost,
} from './dashboardPage';

/** A host that believes an issuer of this machine, which signs people in as Entra ID does. */
const BEN = '0b0b0b0b-0000-4000-8000-000000000002';
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
      settings: {
        ...issuer.environment,
        LOWTIDE_AUTH_CLIENT: CLIENT,
        LOWTIDE_APPROVALS: '[{"before":{"phase":1}}]',
      },
    }),
    launchChromium(),
  ]);
  const authorization = `Bearer ${issuer.token({ roles: ['operator'] })}`;
  const started = await host.request('POST', '/api/rollouts', { month: '2026-11' }, { authorization });
  if (started.status !== 202) throw new Error(`POST /api/rollouts answered ${started.status}.`);
  await host.runUntil('2026-11-10T19:00:00.000Z');
  const whereItSignsIn = Object.values(issuer.environment).flatMap((value) =>
    URL.canParse(value) ? [new URL(value).origin] : [],
  );
  ({ page, errors } = await openPage(browser, {}, whereItSignsIn));
});
afterAll(async () => {
  await browser.close();
  await host.close();
  await issuer.close();
});

const open = (path: string): Promise<unknown> => page.goto(`${host.baseUrl}/dashboard${path}`);
const signIn = (name: string | RegExp): Promise<void> => page.getByRole('button', { name }).click();

/** What the page wants the issuer to ask of the person. */
const promptAsked = async (): Promise<string | null> =>
  new URL((await page.waitForRequest(/\/authorize\?/)).url()).searchParams.get('prompt');

test('nothing of the fleet is shown before the sign-in, which the page explains', async () => {
  await open('/fleet?search=lone');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.getByText('people of your organisation who have a role').waitFor();
  expect(await page.getByText('e2e-lone').count()).toBe(0);
  expect(await accessibilityProblems(page)).toEqual([]);
});

test('an account without a role sees why, by the words of the API', async () => {
  issuer.signsInAs([]);
  const asked = promptAsked();
  await signIn('Sign in with Microsoft Entra ID');
  expect(await asked).toBeNull();
  await page.getByRole('heading', { name: 'Your account has no role here' }).waitFor();
  expect(await page.getByText(/It needs the role reader/).count()).toBe(1);
});

test('another account is asked for, not the same again; a reader comes back to where it was, sees everything, and reads why each button is off', async () => {
  issuer.signsInAs(['reader']);
  const asked = promptAsked();
  await signIn('Sign in with another account');
  expect(await asked).toBe('select_account');
  await page.getByText('e2e-lone').first().waitFor();
  expect(new URL(page.url()).search).toBe('?search=lone');
  await open('');
  const pause = page.getByRole('button', { name: 'Pause' });
  await page
    .getByText(/Off: it needs the role operator, and ann@contoso.com .* has the role reader/)
    .first()
    .waitFor();
  expect([await pause.isVisible(), await pause.getAttribute('aria-disabled')]).toEqual([true, 'true']);
  await page
    .getByText(/Off: it needs the role approver, and ann@contoso.com .* has the role reader/)
    .first()
    .waitFor();
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

describe('an approval', () => {
  const card = (): Locator => page.getByRole('region', { name: /Phase 1/ });
  const decide = (): Locator =>
    card().getByRole('button', { name: /^(Approve|Reject|Decide on the approval)$/ });
  const signedInAs = async (claims: Readonly<Record<string, unknown>>): Promise<void> => {
    await page.evaluate(`sessionStorage.setItem('lowtide.token', ${JSON.stringify(issuer.token(claims))})`);
    await open('');
    await card().waitFor();
  };
  const approvals = async (): Promise<unknown> => {
    const authorization = `Bearer ${issuer.token({ roles: ['reader'] })}`;
    const { body } = await host.request('GET', '/api/rollouts/rollout-2026-11', undefined, { authorization });
    return (body as { approvals: unknown }).approvals;
  };

  test('is asked for with what it is, by whom asked, why and what approving does', async () => {
    await signedInAs({ roles: ['operator', 'approver'] });
    await card().getByRole('heading', { name: 'Phase 1 waits for an approval' }).waitFor();
    const text = await card().innerText();
    for (const part of [
      /What\s+\d+ VMs? in \d+ regions?: \w+/,
      /Asked for by\s+ann@contoso\.com.*, Tue 10 Nov, 18:00 UTC/,
      /The policy asks an approver before phase 1/,
      /\d+ VMs? of Phase 1 start now, each in its off-peak hours\. Not used within 7 days, it lapses\./,
      /keep waiting, and your reason is shown here/,
    ])
      expect(text).toMatch(part);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  test('is read aloud on the page that has it, without a stop of the Tab key that is out of sight', async () => {
    const heard = page.locator('.visually-hidden').filter({ hasText: 'waits for an approval.' });
    await heard.first().waitFor({ state: 'attached' });
    expect(await heard.getByRole('link').count()).toBe(0);
    await page.getByRole('navigation').getByRole('link', { name: 'World' }).click();
    await page.getByRole('link', { name: 'Decide on November 2026' }).click();
    await card().waitFor();
  });

  test('is not given by whoever asked for the rollout, who reads why', async () => {
    await card()
      .getByRole('radio', { name: /^Approve/ })
      .check();
    await card().getByLabel('Reason, for the audit').fill('Mine.');
    expect(await decide().getAttribute('aria-disabled')).toBe('true');
    await card()
      .getByText('Off: you asked for this rollout, so another approver has to approve it.')
      .first()
      .waitFor();
    await decide().click({ force: true });
    expect(await approvals()).toMatchObject([{ state: 'pending' }]);
  });

  test('is not offered to whoever asked for the rollout under another name of the same account, and is to another account of the same name', async () => {
    const off = card().getByText('Off: you asked for this rollout');
    const chosen = card().getByRole('radio', { name: /^Approve/ });
    await signedInAs({ roles: ['approver'], preferred_username: 'Ann Arbor' });
    await chosen.check();
    await off.first().waitFor();
    expect(await decide().getAttribute('aria-disabled')).toBe('true');
    await signedInAs({ roles: ['approver'], preferred_username: 'ann@contoso.com', oid: BEN });
    await chosen.check();
    await card().getByText('Say why: it goes into the audit.').waitFor();
    expect(await off.count()).toBe(0);
  });

  test('is rejected with a reason that all can read, and given after all', async () => {
    await signedInAs({ roles: ['approver'], preferred_username: 'ben@contoso.com', oid: BEN });
    await card()
      .getByRole('radio', { name: /^Reject/ })
      .check();
    await card().getByLabel('Reason, for the audit').fill('Not before the sale.');
    await decide().click();
    await card()
      .getByText(/^by ben@contoso\.com.* UTC: Not before the sale\.$/)
      .waitFor();
    expect(await approvals()).toMatchObject([{ state: 'rejected' }]);
    await card().getByLabel('Reason, for the audit').fill('The sale is over.');
    await decide().click();
    await page.getByText(/was approved by ben@contoso\.com.* UTC: The sale is over\./).waitFor();
    expect(await approvals()).toMatchObject([
      { approval: { by: expect.stringMatching(/^ben@contoso\.com/) as string } },
    ]);
  });
});

test('what was shown before a token has expired is shown no more', async () => {
  const bars = page.locator('.waiting-bar');
  await open('/world');
  await page.getByRole('heading', { name: 'World' }).waitFor();
  const waiting = /\/api\/rollouts\/[^/]+$/;
  await page.route(waiting, async (route) => {
    const { 'if-none-match': _tag, ...headers } = route.request().headers();
    const response = await route.fetch({ headers });
    const halts = [{ haltId: 'h', decision: null }];
    await route.fulfill({ response, json: { ...((await response.json()) as object), halts } });
  });
  await bars.filter({ hasText: 'is halted' }).waitFor();
  const list = /\/api\/rollouts$/;
  await page.route(list, (route) =>
    route.fulfill({ status: 401, json: { title: 'The token has expired.' } }),
  );
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(await bars.count()).toBe(0);
  await page.unroute(waiting);
  await page.unroute(list);
  await open('');
});

test('a rollout that begins under an open page does not take the place of the one that is looked at', async () => {
  await page.getByRole('heading', { name: /^November 2026/ }).waitFor();
  const list = /\/api\/rollouts$/;
  await page.route(list, async (route) => {
    const { 'if-none-match': _tag, ...headers } = route.request().headers();
    const response = await route.fetch({ headers });
    const { value } = (await response.json()) as { value: object[] };
    const next = { ...value[0], id: 'rollout-2026-12', month: '2026-12', state: 'planning' };
    await route.fulfill({ response, json: { value: [next, ...value] } });
  });
  const other = page.getByRole('list', { name: 'Other rollouts that are open' });
  await other.getByRole('link', { name: 'December 2026' }).waitFor();
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toMatch(/^November 2026/);
  await page.waitForURL(/rollout=rollout-2026-11/);
  await page.unroute(list);
});

test('of two rollouts either is shown, and the choice goes along from page to page', async () => {
  await page.goto('about:blank'); // a page that asks while a month passes takes longer than the month
  await host.runUntil('2026-12-08T18:06:00.000Z');
  await open('');
  const choice = page.getByRole('combobox', { name: /^Rollout/ });
  await choice.selectOption('rollout-2026-12');
  await page.getByRole('heading', { name: /^December 2026/ }).waitFor();
  await choice.selectOption('rollout-2026-11');
  await page.getByRole('heading', { name: /^November 2026/ }).waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'World' }).click();
  await page.getByRole('heading', { name: 'World' }).waitFor();
  expect(new URL(page.url()).searchParams.get('rollout')).toBe('rollout-2026-11');
  expect(errors).toEqual([]);
});
