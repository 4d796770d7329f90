import type { Browser, Locator, Page } from 'playwright-core';
import {
  accessibilityProblems,
  dashboardHost,
  eventually,
  firstContentMs,
  isTooWide,
  launchChromium,
  openPage,
  press,
  type DashboardHost,
} from './dashboardPage';
import { HOSTILE, hostileFleet } from './hostileFleet';
import { LARGE, serveLargeFleet } from './largeFleet';

/** One month of contoso in which an image is bad, watched in one browser. The tests go on from each other, as a person would. */
const RELEASED = '2026-11-10T18:00:00.000Z';
const ID = 'rollout-2026-11';
const DAY_MS = 86_400_000;
const DAYS = 12;

const hostile = hostileFleet();
let host: DashboardHost;
let browser: Browser;
let page: Page;
let errors: string[];

beforeAll(async () => {
  [host, browser] = await Promise.all([
    // VMs that are always off would be waited for until day 28.
    dashboardHost({
      startUtc: RELEASED,
      scenario: 'fleets/scenarios/bad-patch.json',
      settings: { LOWTIDE_ROLLOUT_DEADLINE: `P${DAYS}D` },
    }),
    launchChromium(),
  ]);
  const posted = await host.request('POST', '/api/fleet', hostile.text);
  if (posted.status !== 200) throw new Error(`POST /api/fleet answered ${posted.status}.`);
  ({ page, errors } = await openPage(browser));
});
afterAll(async () => {
  await browser.close();
  await host.close();
});

const open = (path: string): Promise<unknown> => page.goto(`${host.baseUrl}/dashboard${path}`);
const untilDay = (day: number): Promise<void> =>
  host.runUntil(new Date(Date.parse(RELEASED) + day * DAY_MS).toISOString());
const shows = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();

interface Rollout {
  readonly state: string;
  readonly halts: readonly { readonly decision: { readonly kind: string; readonly reason: string } | null }[];
}
async function rollout(): Promise<Rollout> {
  return (await host.request('GET', `/api/rollouts/${ID}`)).body as Rollout;
}

test('a host without a rollout says so, and starts one for the person who asks', async () => {
  await open('');
  await shows('No rollout yet');
  await page.getByRole('button', { name: 'Start the latest month' }).click();
  await untilDay(0.01);
  await shows('November 2026');
  expect((await rollout()).state).toBe('running');
});

test('a halt cannot be missed: what, which VMs, what they share, what each decision would do', async () => {
  await untilDay(1);
  const halt = page.getByRole('region', { name: /^Halted/ });
  await halt.waitFor();
  await halt.getByText(/unhealthy after their update/).waitFor();
  await halt.getByText('image family').waitFor();
  await halt.getByText(/VMs end as skipped. Everything else goes on/).waitFor();
  expect(await page.getByText('Halted').first().isVisible()).toBe(true);
});

test('a decision is off until it has a reason, and says so', async () => {
  const decide = page.getByRole('button', { name: 'Decide' });
  expect(await decide.getAttribute('aria-disabled')).toBe('true');
  await shows('Choose one, and say why.');
  await decide.click({ force: true });
  expect((await rollout()).halts[0]?.decision).toBeNull();
});

test('a halt is resumed by keyboard alone', async () => {
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

test('an open page shows what has changed by itself, and asks for nothing while it is hidden', async () => {
  await open('');
  const day = page.getByText(/^Day \d+ of \d+\./);
  const before = await day.textContent();
  await untilDay(2);
  await page
    .getByRole('img', { name: /Expected from/ })
    .first()
    .waitFor();
  await expect(eventually(page, async () => (await day.textContent()) !== before)).resolves.toBe(true);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.evaluate(
    "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }); document.dispatchEvent(new Event('visibilitychange'));",
  );
  await page.waitForTimeout(300); // answers that were under way
  asked.length = 0;
  await page.waitForTimeout(2_600); // longer than the page waits between two polls
  expect(asked).toEqual([]);
  await page.evaluate(
    "Object.defineProperty(document, 'hidden', { configurable: true, get: () => false }); document.dispatchEvent(new Event('visibilitychange'));",
  );
  await expect(eventually(page, () => asked.length > 0)).resolves.toBe(true);
});

test('a poll that finds nothing new costs a few bytes', async () => {
  const answers: number[] = [];
  page.on('response', (response) => {
    if (response.url().endsWith(`/api/rollouts/${ID}/timeline`)) answers.push(response.status());
  });
  await open('');
  await expect(eventually(page, () => answers.includes(304) && answers.includes(200))).resolves.toBe(true);
});

test('a lost connection is said, with how old the page is, and mends itself', async () => {
  await page.context().setOffline(true);
  await shows('Connection lost.');
  await shows(/What you see is \d+ s old/);
  expect(await page.getByText('November 2026').first().isVisible()).toBe(true);
  await page.context().setOffline(false);
  await page.getByRole('button', { name: 'Try now' }).click();
  await page.getByText('Connection lost.').waitFor({ state: 'detached' });
});

test('a freeze is set in the plan, seen in its calendar and heeded by its preview, and lifted', async () => {
  await open('/plan');
  const preview = page.getByRole('region', { name: 'Preview of December 2026' });
  await preview.getByText('Half are done').waitFor();
  await page.getByRole('button', { name: 'Wed 9 Dec', exact: true }).click();
  await page.getByRole('button', { name: 'Sun 13 Dec', exact: true }).click();
  await page.getByLabel('Its name, as year-end-2026').fill('year-end-2026');
  expect(await page.getByLabel('From, in the time of each VM').inputValue()).toBe('2026-12-09');
  expect(await page.getByLabel('To, that day included').inputValue()).toBe('2026-12-13');
  await page.getByLabel('Reason, for the audit').fill('The shop is closed.');
  await page.getByRole('button', { name: 'Set it' }).click({ force: true });
  await page.getByText('Say whose it is.').waitFor();
  await page.getByLabel('Owner, who is reminded').fill('shop@contoso.example');
  await page.getByRole('button', { name: 'Set it' }).click();
  const calendar = page.getByRole('group', { name: 'Calendar of freezes and exclusions' });
  await calendar.getByText('year-end-2026').first().waitFor();
  await preview.getByText(/^[1-9]\d* in their turn, by a freeze/).waitFor();
  await page.getByRole('button', { name: 'Lift year-end-2026' }).click();
  await page.getByText('None: everything may be patched').waitFor();
  const audit = (await host.request('GET', '/api/audit?chain=operator')).body as {
    value: { what: string }[];
  };
  expect(audit.value.map(({ what }) => what)).toEqual(['frozen', 'freezeLifted']);
});

test('a preview is compared with another policy, whose members are completed, and with another fleet file', async () => {
  const preview = page.getByRole('region', { name: 'Preview of December 2026' });
  await preview.getByLabel('Compare with').selectOption('another policy');
  await preview.getByLabel('Members of the other policy').fill('setSh');
  await preview.getByRole('button', { name: /setSharePercent/ }).click();
  await preview
    .getByText('Against what would be now: 0 VMs')
    .or(preview.getByText(/Against what/))
    .first()
    .waitFor();
  await preview.getByLabel('Members of the other policy').fill('bake: P3D');
  await preview.getByText(/[1-9]\d* VMs at another time/).waitFor();
  await preview.getByLabel('Compare with').selectOption('another fleet file');
  await preview.getByLabel('A fleet file').setInputFiles('fleets/e2e.json');
  await preview.getByText(/6 new, [1-9]\d* gone/).waitFor();
  expect(errors).toEqual([]);
});

describe('the policy', () => {
  const text = (): Locator => page.getByLabel(/What the file sets/);
  const apply = (): Locator => page.getByRole('button', { name: 'Apply the policy' });

  test('is checked as it is typed, by line and column, and explained member by member', async () => {
    await open('/plan');
    await text().fill('standaloneSharePercent: 200\nnonsense: 1');
    await page.getByText(/line 2, column 1: there is no member nonsense/).waitFor();
    expect(await apply().getAttribute('aria-disabled')).toBe('true');
    await text().fill('offPeakOp');
    await page.getByRole('button', { name: /offPeakOpens/ }).waitFor();
    await text().press('Alt+1');
    expect(await text().inputValue()).toBe('offPeakOpens: "22:00"');
    await page.getByText(/^offPeakOpens: a text/).waitFor();
  });

  test('shows its effect before it is applied, and is applied with a reason', async () => {
    await text().fill(`# ${HOSTILE.slice(0, 3_000)}\nbake: P2D`);
    await page.getByText('It would change 1 member').waitFor();
    await page.getByText(/In December 2026: [1-9]\d* VMs at another time/).waitFor();
    await page.getByText('Say why: it goes into the audit.').first().waitFor();
    const form = page.locator('form', { has: apply() });
    await form.getByLabel('Reason, for the audit').fill(HOSTILE.slice(0, 2_000));
    await apply().click();
    await page.getByText(/^Version 1, applied/).waitFor();
    expect((await host.request('GET', '/api/policy')).body).toMatchObject({
      version: 1,
      sets: { bake: 'P2D' },
    });
  });

  test('is shown as the text it is, whatever stands in it', async () => {
    await page.getByText('The version that people applied').click();
    await page
      .getByText(/<img src=x/)
      .first()
      .waitFor();
    expect([await page.locator('img').count(), await page.title(), await isTooWide(page)]).toEqual([
      0,
      'Plan – Lowtide',
      false,
    ]);
    const put = await host.request('PUT', `/api/freezes/hostile`, {
      from: '2027-01-01',
      to: '2027-01-02',
      reason: HOSTILE,
      owner: HOSTILE,
    });
    expect(put.status).toBe(200);
    for (const path of ['/plan', '/audit?chain=operator']) {
      await open(path);
      await page
        .locator('.freezes, .audit-rows')
        .getByText(/<img src=x/)
        .first()
        .waitFor();
      expect([path, await page.locator('img').count(), await isTooWide(page)]).toEqual([path, 0, false]);
    }
    await host.request('DELETE', '/api/freezes/hostile');
  });
});

test('the audit shows the decision with its reason, and is verified', async () => {
  await open('/audit');
  await shows('I have looked at it.');
  await page.getByRole('button', { name: 'Verify every chain' }).click();
  await shows('Whole: no row was changed, removed or added.');
  expect(errors).toEqual([]);
});

test('the table holds 100,000 VMs: only rows in sight exist, any place is a scroll away, and it is sorted by the host', async () => {
  const { page: own, errors: ownErrors } = await openPage(browser);
  await serveLargeFleet(own);
  await own.goto(`${host.baseUrl}/dashboard/fleet`);
  await own.getByText('100,000 VMs').waitFor();
  await own.getByRole('link', { name: 'vm-000000' }).waitFor();
  const table = own.getByRole('table', { name: 'VMs' });
  expect(await table.getAttribute('aria-rowcount')).toBe(String(LARGE + 1));
  expect(await own.getByRole('row').count()).toBeLessThan(60);
  await own.getByRole('rowgroup', { name: 'VMs, to be scrolled' }).focus();
  await own.keyboard.press('End');
  await own.getByRole('link', { name: 'vm-099999' }).waitFor();
  expect(await own.getByRole('row').count()).toBeLessThan(60);
  await own.getByRole('button', { name: 'Name' }).click();
  await own
    .getByRole('columnheader', { name: /Name/, exact: false })
    .and(own.locator('[aria-sort=descending]'))
    .waitFor();
  await own.getByRole('link', { name: 'vm-099999' }).waitFor();
  await own.getByRole('searchbox').fill('vm-0420');
  await own.keyboard.press('Enter');
  await own.getByText('100 VMs fit').waitFor();
  expect(ownErrors).toEqual([]);
  await own.close();
});

describe('hostile names, tags and reasons', () => {
  const vm = `/vm?id=${encodeURIComponent(hostile.id)}`;

  test('are shown as the text they are, wherever they stand', async () => {
    await open('/fleet?search=onerror');
    await page.getByText('1 VM fit').waitFor();
    await open(vm);
    await page.getByRole('heading', { name: 'Why, and when' }).waitFor();
    await shows(/<img src=x onerror=/);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('VM – Lowtide');
  });

  test('do not make the page wider than its window, also on a phone', async () => {
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 844 });
      for (const path of [vm, '/fleet?search=onerror']) {
        await open(path);
        await shows(/<img src=x/);
        expect([path.slice(0, 30), width, await isTooWide(page)]).toEqual([path.slice(0, 30), width, false]);
      }
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });
});

describe('every page', () => {
  const PAGES = [
    '/audit',
    '/certificate',
    '/plan',
    '',
    '/world?region=eastus2',
    '/fleet?group=region',
    `/vm?id=${encodeURIComponent(hostile.id)}`,
  ];

  test.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)(
    'is usable by everybody (WCAG 2.2 AA) in %s, %d pixels wide, and fits',
    async (colorScheme, width) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      const found: string[] = [];
      for (const path of PAGES) {
        await open(path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.locator('main .card, main .certificate').last().waitFor();
        await page.waitForTimeout(400); // the answers that it asks for first
        found.push(
          ...(await accessibilityProblems(page)).map((problem) => `${path.slice(0, 30)}: ${problem}`),
        );
        if (await isTooWide(page)) found.push(`${path.slice(0, 30)}: too wide`);
      }
      expect(found).toEqual([]);
    },
  );
});

test('the first content is there within a second', async () => {
  expect(await firstContentMs(page, `${host.baseUrl}/dashboard`)).toBeLessThan(1_000);
});

test('the month is watched to its end; a halt that comes back is skipped', async () => {
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
  await open('');
  for (let day = 2; day <= DAYS; day += 1) {
    await untilDay(day);
    if ((await rollout()).state !== 'halted') continue;
    await page.getByRole('radio', { name: /^Skip/ }).check();
    await page.getByLabel('Reason, for the audit').fill('The image is bad.');
    await page.getByRole('button', { name: 'Skip' }).click();
    await page.getByRole('region', { name: /^Halted|halts wait/ }).waitFor({ state: 'detached' });
  }
  await shows(/^Over on|Over on/);
  expect((await rollout()).state).toBe('ended');
  expect(errors).toEqual([]);
});

test('the certificate is a page for an auditor: period, fleet, each share with its limit, each rule with its checks, the verified chains', async () => {
  await open('/certificate');
  await page.getByText('Every limit was kept, every time it could be checked.').waitFor();
  await page.getByText(/^60[01] VMs in \d+ regions and \d+ subscription/).waitFor();
  const row = (name: RegExp): Locator => page.getByRole('row', { name });
  expect(await row(/^An availability set .* at once/).count()).toBe(1);
  expect(await row(/^INV-1 .* [1-9][\d,]* kept/).count()).toBe(1);
  expect(await row(/^rollout-2026-11 [\d,]+ whole \S{20,}/).count()).toBe(1);
  expect(await row(/I have looked at it\./).count()).toBe(1);
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  expect(await page.getByRole('navigation').isVisible()).toBe(false);
  expect(
    await page.evaluate('getComputedStyle(document.querySelector("main article")).backgroundColor'),
  ).toBe('rgb(255, 255, 255)');
  expect((await page.pdf({ preferCSSPageSize: true })).length).toBeGreaterThan(20_000);
  await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
});

test('the fleet and a VM are shown as the rollout that was chosen has them, and the choice stays', async () => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  const choiceIn = (address: string): string | null => new URL(address).searchParams.get('rollout');
  await open(`/fleet?rollout=${ID}&search=brasil-api-02`);
  await page.getByRole('link', { name: 'brasil-api-02' }).click();
  await page.getByRole('heading', { name: 'Why, and when' }).waitFor();
  await page.getByRole('navigation').getByRole('link', { name: 'Fleet' }).click();
  await page.getByRole('table', { name: 'VMs' }).waitFor();
  expect(choiceIn(page.url())).toBe(ID);
  const questions = asked.filter((address) => /\/api\/(fleet|explain)\?/.test(address));
  expect(new Set(questions.map(choiceIn))).toEqual(new Set([ID]));
  expect(errors).toEqual([]);
});
