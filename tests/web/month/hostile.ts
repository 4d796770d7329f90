import { isTooWide, tooWide } from '../dashboardPage';
import { HOSTILE } from '../hostileFleet';
import { hostile, open, shows, watched } from './watchedMonth';

/** Names, tags and reasons of markup and 5,000 characters. */
const VM = `/vm?id=${encodeURIComponent(hostile.id)}`;
const WIDTHS = [360, 1280] as const;

/** What is wrong with the page as it stands, at each width. */
async function faults(): Promise<string[]> {
  const { page } = watched;
  const found: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    if (await isTooWide(page)) found.push(`too wide at ${width}`);
  }
  if ((await page.locator('img').count()) > 0) found.push('an image');
  if ((await page.title()).includes('HACKED')) found.push('a script has run');
  return found;
}

test('a hostile name and tags are shown as the text they are, in the table and on the page of the VM, also on a phone', async () => {
  expect(HOSTILE.length).toBeGreaterThan(5_000);
  const { page } = watched;
  await open('/fleet?search=onerror');
  await page.getByText('1 VM fit').waitFor();
  await shows(/<img src=x onerror=/);
  expect(await faults()).toEqual([]);
  await open(VM);
  await page.getByRole('heading', { name: 'Why, and when' }).waitFor();
  await page.getByRole('heading', { name: /^Its November/ }).waitFor();
  await page
    .getByText(/^Show all 5,\d+ characters$/)
    .first()
    .click();
  await shows(/<img src=x onerror=/);
  expect(await faults()).toEqual([]);
});

/** So high a paragraph of texts that were not opened may be, in pixels: some 240 of the widest letters each. All 5,000 would be five times as high. */
const HIGH_MAX = 1_000;

const TOO_HIGH = `[...document.querySelectorAll('main *')]
  .filter((element) => [...element.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim() !== ''))
  .filter((element) => element.getBoundingClientRect().height > ${HIGH_MAX})
  .map((element) => element.parentElement.className + ' ' + element.tagName + ': ' + element.textContent.slice(0, 40))`;

const HOSTILE_ID = `/subscriptions/${HOSTILE}/x/${HOSTILE}`;

/** What the API could answer when all that others write is hostile: a halt, an approval, an emergency, families and sets. */
function hostileAnswer(path: string, body: Record<string, unknown>): Record<string, unknown> {
  const at = '2026-11-11T00:00:00.000Z';
  const said = { by: HOSTILE, reason: HOSTILE, atUtc: at };
  if (path.endsWith('/halts')) {
    const inCommon = [1, 2].map((n) => ({ fact: `${n}${HOSTILE}`, value: HOSTILE, sharedByCount: n }));
    const accused = [1, 2].map((n) => ({
      vmId: `${n}${HOSTILE_ID}`,
      name: HOSTILE,
      kind: 'unhealthy',
      reason: 'unhealthyAfterUpdate',
      detail: HOSTILE,
    }));
    const halt = { haltId: 'h', kind: 'halt', phase: 'phase-1', region: null, why: HOSTILE, atUtc: at };
    const whole = {
      ...halt,
      decision: null,
      stops: HOSTILE,
      skips: HOSTILE,
      accusedCount: 2,
      accused,
      inCommon,
    };
    return { ...body, value: [{ ...whole, waitingCount: 1, skippedCount: 1 }] };
  }
  if (path.endsWith('/disruptions'))
    return {
      ...body,
      heldSets: [{ vmId: HOSTILE_ID, availabilitySetId: HOSTILE_ID, region: 'eastus', sinceUtc: at }],
    };
  if (path.endsWith('/evidence'))
    return {
      ...body,
      families: (body['families'] as object[]).map((family, n) => ({ ...family, family: `${n}${HOSTILE}` })),
    };
  if (!/\/rollouts\/[^/]+$/.test(path)) return body;
  const approval = { ...said, untilUtc: at, withdrawn: said };
  return {
    ...body,
    requestedBy: HOSTILE,
    emergency: {
      reason: HOSTILE,
      selector: { tag: HOSTILE },
      patches: { kbs: [], packages: [HOSTILE] },
      hours: null,
    },
    approvals: [
      { phase: 'phase-2', state: 'withdrawn', rule: HOSTILE, validHours: 72, approval },
      { phase: 'phase-1', state: 'used', rule: HOSTILE, validHours: 72, approval },
    ],
  };
}

test('names of 5,000 characters in a halt, an approval, an emergency, a family and a set leave the page whole at 360 pixels', async () => {
  const { page, errors } = watched;
  await page.route('**/api/rollouts/**', async (route) => {
    const answer = await route.fetch({
      headers: { ...route.request().headers(), 'if-none-match': '"none"' },
    });
    const body = hostileAnswer(new URL(route.request().url()).pathname, (await answer.json()) as never);
    await route.fulfill({ response: answer, json: body });
  });
  await open('');
  await page.locator('.halt .accused').waitFor();
  await page.locator('.families').waitFor();
  await page.getByText('Sets held by an unhealthy VM').waitFor();
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    expect([width, await page.evaluate(TOO_HIGH), await tooWide(page)]).toEqual([width, [], []]);
  }
  expect(await faults()).toEqual([]);
  await page.unrouteAll({ behavior: 'wait' });
  expect(errors).toEqual([]);
});

test('a hostile reason and owner are shown as the text they are, in the calendar, the audit and the halt’s decision', async () => {
  const { host, page } = watched;
  const put = await host.request('PUT', '/api/freezes/hostile', {
    from: '2027-01-01',
    to: '2027-01-02',
    reason: HOSTILE,
    owner: HOSTILE,
  });
  expect(put.status).toBe(200);
  for (const path of ['/plan', '/audit?chain=operator']) {
    await open(path);
    const rows = page.locator('.freezes, .audit-rows');
    await rows
      .getByText(/<img src=x/)
      .first()
      .waitFor();
    await rows
      .getByText(/^Show all 5,\d+ characters$/)
      .first()
      .click();
    expect([path, await faults()]).toEqual([path, []]);
  }
  await host.request('DELETE', '/api/freezes/hostile');
});

test('a person may give a reason of 5,000 characters, and reads it again', async () => {
  const { page } = watched;
  await open('');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  const form = page.locator('.controls form');
  await form.getByLabel('Reason, for the audit').fill(HOSTILE.slice(0, 5_000));
  await form.getByRole('button', { name: 'Pause' }).click();
  const paused = page.locator('.badge', { hasText: 'Paused' });
  await paused.waitFor();
  await open('/audit');
  await page.getByText('Show all 5,000 characters').first().click();
  await page.locator('.audit-rows').getByText(HOSTILE.slice(0, 5_000)).waitFor();
  expect(await faults()).toEqual([]);
  await open('');
  await page.getByRole('button', { name: 'Resume', exact: true }).click();
  await form.getByLabel('Reason, for the audit').fill('Read.');
  await form.getByRole('button', { name: 'Resume' }).click();
  await paused.waitFor({ state: 'detached' });
});
