import axe from 'axe-core';
import type { Browser, Locator, Page } from 'playwright-core';
import type * as ChromiumModule from '../../lab/browser/chromium';
import type * as HostModule from '../../lab/browser/dashboardHost';
import { loadNatively } from '../emulator/support/nativeHost';

const { launchChromium } = loadNatively('dist/lab/browser/chromium.js') as typeof ChromiumModule;
export const { dashboardHost } = loadNatively('dist/lab/browser/dashboardHost.js') as typeof HostModule;
export { launchChromium };

export type DashboardHost = Awaited<ReturnType<typeof dashboardHost>>;

const WAIT_MS = 120_000;

/** A page of its own, with everything that went wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts, what the policy of the page refused, and what was asked of any other address than the page's own. */
  readonly errors: string[];
}

export async function openPage(
  browser: Browser,
  options: Parameters<Browser['newPage']>[0] = {},
  /** Other origins that it may ask: where it signs in. */
  alsoAsks: readonly string[] = [],
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  // Only what hangs ever comes to it, as with jest's own limit.
  page.setDefaultTimeout(WAIT_MS);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // A host that is gone is part of the test; everything else that the browser complains of is not.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
      errors.push(message.text());
  });
  // Before any script of the page.
  await page.addInitScript(REPORT_REFUSALS);
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (request.isNavigationRequest() || protocol === 'blob:') return;
    if (!alsoAsks.includes(origin) && origin !== new URL(request.frame().url()).origin)
      errors.push(`asks ${request.url()}`);
  });
  return { page, errors };
}

/** The dashboard of a host with the rollout of November for the small fleet, and a page of it. */
export interface OpenDashboard extends WatchedPage {
  readonly host: DashboardHost;
  readonly browser: Browser;
  close(): Promise<void>;
}

export async function openDashboard(untilUtc: string | null = null): Promise<OpenDashboard> {
  const [host, browser] = await Promise.all([
    dashboardHost({ fleet: 'fleets/e2e.json', startUtc: '2026-11-10T18:00:00.000Z' }),
    launchChromium(),
  ]);
  await host.request('POST', '/api/rollouts', { month: '2026-11' });
  if (untilUtc !== null) await host.runUntil(untilUtc);
  return {
    host,
    browser,
    ...(await openPage(browser)),
    close: async () => {
      await browser.close();
      await host.close();
    },
  };
}

const REPORT_REFUSALS = `document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sourceFile, lineNumber }) => {
  console.error('refused by the policy of the page: ' + [effectiveDirective, blockedURI, sourceFile, lineNumber].join(' '));
});`;

/** Cuts the page off from everything but its host: what it asks of any other address fails, and is an error. */
export async function cutOff({ page, errors }: WatchedPage, baseUrl: string): Promise<void> {
  const { origin } = new URL(baseUrl);
  await page.route(
    (url) => url.origin !== origin && url.protocol !== 'blob:',
    (route) => {
      errors.push(`asks ${route.request().url()}`);
      return route.abort('internetdisconnected');
    },
  );
}

/** What axe-core finds against WCAG 2.2 A and AA, as `rule: element`. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    // What passed need not be named, and no style sheet is fetched again: a third of the time.
    const options = { runOnly: tags, resultTypes: ['violations' as const], preload: false };
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(options);
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
  });
}

/** Whether the page is wider than its window: something in it then has to be scrolled to sideways. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
}

/** What reaches beyond the right edge of a page that is too wide. */
export async function tooWide(page: Page): Promise<readonly string[]> {
  return (await isTooWide(page)) ? page.evaluate<string[]>(BEYOND_THE_EDGE) : [];
}

const BEYOND_THE_EDGE = `[...document.querySelectorAll('body *')]
  .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((element) => element.tagName + '.' + element.className + ': ' + element.textContent.slice(0, 60)).slice(0, 8)`;

/** Presses a key until the page is where it should be; no page has so many stops. */
export async function press(page: Page, key: string, isThere: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < STOPS_MAX; tries += 1) {
    await page.keyboard.press(key);
    if ((await isThere()) === true) return;
  }
  throw new Error(`${key} never led there.`);
}

const STOPS_MAX = 100;

/** Goes on by the Tab key to an element, from wherever the focus is. */
export async function tabTo(target: Locator): Promise<void> {
  await target.waitFor();
  const focused = target.page().locator(':focus');
  await press(target.page(), 'Tab', async () => (await target.and(focused).count()) > 0);
}

/** Types into a field that the Tab key leads to. */
export async function typeInto(field: Locator, text: string): Promise<void> {
  await tabTo(field);
  await field.page().keyboard.type(text);
}

/** Presses a button that the Tab key leads to. */
export async function enterAt(button: Locator): Promise<void> {
  await tabTo(button);
  await button.page().keyboard.press('Enter');
}

/** Whether it comes true within a minute: long, for a machine that is busy. */
export async function eventually(page: Page, isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await isSo()) return true;
    await page.waitForTimeout(100);
  }
  return false;
}

/** Milliseconds that the thread of a new page works until its heading is there, whatever else the machine does meanwhile. */
export async function workToHeadingMs(page: Page, address: string): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(address);
  await page.getByRole('heading', { level: 1 }).waitFor();
  const { metrics } = await session.send('Performance.getMetrics');
  return Math.round(1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN));
}
