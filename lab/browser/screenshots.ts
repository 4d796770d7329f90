import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { say } from '../../local/say';
import { launchChromium } from './chromium';
import { dashboardHost } from './dashboardHost';

/** Pictures of the dashboard for people to look at: in screenshots/, which is not kept; with `--docs` the two of the README, which are. */
const RELEASED = '2026-11-10T18:00:00.000Z';
const MONTH = '2026-11';
const HEIGHT = 860;

interface Shot {
  readonly name: string;
  readonly path: string;
}

const PAGES: readonly Shot[] = [
  { name: 'now', path: '' },
  { name: 'world', path: '/world?region=eastus2' },
  { name: 'fleet', path: '/fleet?group=reason' },
  { name: 'vm', path: `/vm?id=${encodeURIComponent(vmId('hub-web-36'))}` },
  { name: 'plan', path: '/plan' },
  { name: 'audit', path: '/audit' },
  { name: 'certificate', path: '/certificate' },
  { name: 'rehearsal', path: '/rehearsal' },
];

const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1280 },
  { name: 'dark', colorScheme: 'dark', width: 1280 },
  { name: 'phone', colorScheme: 'light', width: 390 },
] as const;

function vmId(name: string): string {
  return `/subscriptions/c0d7050e-0000-4000-8000-000000000001/resourceGroups/rg-hub-web/providers/Microsoft.Compute/virtualMachines/${name}`;
}

/** A page keeps polling, so it is never idle; this is how long it takes to draw what it has. */
const DRAWN_MS = 1_500;

async function take(page: Page, file: string, fullPage: boolean): Promise<void> {
  await page.waitForTimeout(DRAWN_MS);
  await page.screenshot({ path: file, fullPage });
  say.line(file);
}

async function month(
  scenario: string | null,
  untilUtc: string,
): Promise<Awaited<ReturnType<typeof dashboardHost>>> {
  const fleet = join(PACKAGE_ROOT, 'fleets', 'contoso.json');
  const host = await dashboardHost({
    fleet,
    startUtc: RELEASED,
    ...(scenario !== null && { scenario: join(PACKAGE_ROOT, 'fleets', 'scenarios', `${scenario}.json`) }),
  });
  await host.request('POST', '/api/rollouts', { month: MONTH });
  await host.runUntil(untilUtc);
  return host;
}

/** `npm run screenshots`. */
export async function runScreenshots(forDocs: boolean): Promise<void> {
  const folder = join(PACKAGE_ROOT, ...(forDocs ? ['docs', 'images'] : ['screenshots']));
  mkdirSync(folder, { recursive: true });
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1280, height: HEIGHT }, colorScheme: 'light' });
  // One host after another: a process has one app.
  const halted = await month('bad-patch', '2026-11-12T18:00:00.000Z');
  await takeAll(
    page,
    halted.baseUrl,
    folder,
    [{ name: forDocs ? 'dashboard-halt' : 'halt', path: '' }],
    forDocs,
  );
  await halted.close();
  const running = await month(null, '2026-11-18T03:40:00.000Z');
  await takeAll(
    page,
    running.baseUrl,
    folder,
    forDocs ? [{ name: 'dashboard-now', path: '' }] : PAGES,
    forDocs,
  );
  await running.close();
  await browser.close();
}

/** The README shows what a window shows, in light; for people to judge there is everything. */
async function takeAll(
  page: Page,
  baseUrl: string,
  folder: string,
  shots: readonly Shot[],
  forDocs: boolean,
): Promise<void> {
  for (const { name: look, colorScheme, width } of forDocs ? LOOKS.slice(0, 1) : LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: HEIGHT });
    for (const { name, path } of shots) {
      await page.goto(`${baseUrl}/dashboard${path}`);
      await take(page, join(folder, forDocs ? `${name}.png` : `${name}-${look}.png`), !forDocs);
    }
  }
}
