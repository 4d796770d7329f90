import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { PACKAGE_ROOT } from '../../local/packageRoot';
import { Rehearsals } from '../../local/rehearsals';
import { say } from '../../local/say';
import type { Host } from '../../emulator/host';
import { launchChromium } from './chromium';
import { dashboardHost } from './dashboardHost';
import { startEmergency } from './startEmergency';

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
  { name: 'world', path: '/world' },
  { name: 'region', path: '/world?region=eastus2' },
  { name: 'fleet', path: '/fleet' },
  { name: 'groups', path: '/fleet?group=reason' },
  { name: 'vm', path: `/vm?id=${encodeURIComponent(vmId('hub-web-36'))}` },
  { name: 'plan', path: '/plan' },
  { name: 'audit', path: '/audit' },
  { name: 'certificate', path: '/certificate' },
  { name: 'rehearsal', path: '/rehearsal' },
];

/** The last of them is printed, too. */
const AFTERWARDS: readonly Shot[] = [
  { name: 'finished', path: '?rollout=rollout-2026-11' },
  { name: 'certificate-finished', path: '/certificate' },
];
const OVER = '2026-12-09T00:00:00.000Z';
const APPROVAL = { approvals: [{ before: { phase: 3 } }] };

const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1280 },
  { name: 'dark', colorScheme: 'dark', width: 1680 },
  { name: 'phone', colorScheme: 'light', width: 360 },
] as const;

function vmId(name: string): string {
  return `/subscriptions/c0d7050e-0000-4000-8000-000000000001/resourceGroups/rg-hub-web/providers/Microsoft.Compute/virtualMachines/${name}`;
}

/** A page keeps polling, so it is never idle: it is drawn when it says of nothing that it is still being read. */
const IS_DRAWN = `document.querySelector('main h1, main h2') !== null && !/(Reading|Asking|Loading|Planning)[^.]* …/.test(document.querySelector('main').innerText)`;
const DRAWN_MAX_MS = 120_000;
const POLL_MS = 200;
/** For what comes in steps, as the parts of a preview do. */
const SETTLED_MS = 800;

async function take(page: Page, file: string, fullPage: boolean): Promise<void> {
  await drawn(page);
  await page.waitForTimeout(SETTLED_MS);
  await drawn(page);
  await page.screenshot({ path: file, fullPage });
  say.line(file);
}

/** Asked from here: the policy of the page forbids the scripts with which Playwright would wait. */
async function drawn(page: Page): Promise<void> {
  for (const untilMs = Date.now() + DRAWN_MAX_MS; Date.now() < untilMs;) {
    if (await page.evaluate<boolean>(IS_DRAWN)) return;
    await page.waitForTimeout(POLL_MS);
  }
  throw new Error(`${page.url()} was not drawn within ${DRAWN_MAX_MS / 1_000} s.`);
}

async function month(scenario: string | null, untilUtc: string, rehearsals: Rehearsals): Promise<Host> {
  const fleet = join(PACKAGE_ROOT, 'fleets', 'contoso.json');
  const host = await dashboardHost({
    fleet,
    startUtc: RELEASED,
    alsoServes: rehearsals.serve,
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
  const rehearsals = new Rehearsals();
  // One host after another: a process has one app.
  const halted = await month('bad-patch', '2026-11-12T18:00:00.000Z', rehearsals);
  await takeAll(
    page,
    halted.baseUrl,
    folder,
    [{ name: forDocs ? 'dashboard-halt' : 'halt', path: '' }],
    forDocs,
  );
  if (!forDocs) {
    await applied(halted.request('PUT', '/api/policy?reason=two+people&version=0', APPROVAL));
    await halted.runUntil('2026-11-12T18:30:00.000Z'); // every process looks at the policy now and then
    await takeAll(page, halted.baseUrl, folder, [{ name: 'halt-and-approval', path: '' }], forDocs);
  }
  await halted.close();
  const running = await month(null, '2026-11-18T03:40:00.000Z', rehearsals);
  const now = { name: 'dashboard-now', path: '' };
  await takeAll(page, running.baseUrl, folder, forDocs ? [now] : PAGES, forDocs);
  if (!forDocs) {
    await takeRehearsal(running, (shots) => takeAll(page, running.baseUrl, folder, shots, forDocs));
    await takeEmergency(running, (shots) => takeAll(page, running.baseUrl, folder, shots, forDocs));
    await running.runUntil(OVER);
    await takeAll(page, running.baseUrl, folder, AFTERWARDS, forDocs);
    await page.setViewportSize({ width: 1280, height: HEIGHT });
    await page.emulateMedia({ media: 'print' });
    await take(page, join(folder, 'certificate-print.png'), true);
  }
  await running.close();
  rehearsals.stop();
  await browser.close();
}

/** While one runs: what it is, its link, and what can be done to it. */
async function takeRehearsal(host: Host, shoot: (shots: readonly Shot[]) => Promise<void>): Promise<void> {
  const choice = { fleet: 'e2e', scenario: 'calm', seed: 7, month: MONTH, speed: 600 };
  const body = JSON.stringify(choice);
  const headers = { 'content-type': 'application/json' };
  const { status } = await fetch(`${host.baseUrl}/rehearsal`, { method: 'POST', body, headers });
  await applied(Promise.resolve({ status, body: choice }));
  for (const untilMs = Date.now() + DRAWN_MAX_MS; Date.now() < untilMs;) {
    const { running } = (await (await fetch(`${host.baseUrl}/rehearsal`)).json()) as {
      running: { state: string } | null;
    };
    if (running?.state === 'running') break;
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
  await shoot([{ name: 'rehearsal-running', path: '/rehearsal' }]);
}

/** An emergency rollout beside the month: while it waits for its approval, and while it runs. */
async function takeEmergency(host: Host, shoot: (shots: readonly Shot[]) => Promise<void>): Promise<void> {
  const selector = { region: 'westeurope' };
  const id = await startEmergency(host, selector, 'CVE-2026-31337: code is run from afar, and it is used.');
  await host.runUntil('2026-11-18T03:50:00.000Z');
  const path = `?rollout=${id}`;
  await shoot([{ name: 'approval', path }]);
  await applied(
    host.request('POST', `/api/rollouts/${id}/approve`, { phase: 'phase-1', reason: 'At once.' }),
  );
  await host.runUntil('2026-11-18T06:30:00.000Z');
  await shoot([{ name: 'emergency', path }]);
}

async function applied(answer: Promise<{ readonly status: number; readonly body: unknown }>): Promise<void> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`The host answered ${status}: ${JSON.stringify(body)}`);
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
