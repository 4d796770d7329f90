import type * as RehearsalsModule from '../../../local/rehearsals';
import type { Browser, Page } from 'playwright-core';
import { loadNatively } from '../../emulator/support/nativeHost';
import { dashboardHost, eventually, launchChromium, openPage, type DashboardHost } from '../dashboardPage';
import { hostileFleet } from '../hostileFleet';

const { Rehearsals } = loadNatively('dist/local/rehearsals.js') as typeof RehearsalsModule;

/** One month of contoso in which an image is bad, watched in one browser. The tests go on from each other, as a person would. */
const RELEASED = '2026-11-10T18:00:00.000Z';
export const ID = 'rollout-2026-11';
/** VMs that are always off would be waited for until day 28. */
export const DAYS = 12;
const DAY_MS = 86_400_000;

export const hostile = hostileFleet();

interface Watched {
  host: DashboardHost;
  browser: Browser;
  page: Page;
  errors: string[];
}

/** Of this test file; there is nothing in it before `begin`. */
export const watched = {} as Watched;

const rehearsals = new Rehearsals();

/** The host stands, without a fleet. */
export async function begin(): Promise<void> {
  const [host, browser] = await Promise.all([
    dashboardHost({
      startUtc: RELEASED,
      scenario: 'fleets/scenarios/bad-patch.json',
      settings: { LOWTIDE_ROLLOUT_DEADLINE: `P${DAYS}D` },
      alsoServes: rehearsals.serve,
    }),
    launchChromium(),
  ]);
  Object.assign(watched, { host, browser, ...(await openPage(browser)) });
}

export async function end(): Promise<void> {
  rehearsals.stop();
  await watched.browser.close();
  await watched.host.close();
}

/** Loads a page of the dashboard anew. */
export const load = (path: string): Promise<unknown> =>
  watched.page.goto(`${watched.host.baseUrl}/dashboard${path}`);

/** Goes to a page as its links do: what is loaded stays, and only what the page shows is asked for. */
export async function open(path: string): Promise<void> {
  const address = `${watched.host.baseUrl}/dashboard${path}`;
  if (!watched.page.url().startsWith(`${watched.host.baseUrl}/dashboard`)) await load(path);
  else
    await watched.page.evaluate(
      `history.pushState(null, '', ${JSON.stringify(address)}); dispatchEvent(new Event('popstate'));`,
    );
}

export const untilDay = (day: number): Promise<void> =>
  watched.host.runUntil(new Date(Date.parse(RELEASED) + day * DAY_MS).toISOString());

export const shows = (text: string | RegExp): Promise<void> => watched.page.getByText(text).first().waitFor();

interface Halt {
  readonly haltId: string;
  readonly why: string;
  readonly stops: string;
  readonly accusedCount: number;
  readonly accused: readonly { readonly name: string }[];
  readonly inCommon: readonly {
    readonly fact: string;
    readonly value: string;
    readonly sharedByCount: number;
  }[];
  readonly waitingCount: number;
  readonly skippedCount: number;
  readonly decision: { readonly kind: string; readonly reason: string } | null;
}

/** With how many VMs the rollout has planned, now. */
interface OpenHalts {
  readonly value: readonly Halt[];
  readonly plannedCount: number;
}

interface Rollout {
  readonly state: string;
  readonly halts: readonly Halt[];
}

export async function rollout(): Promise<Rollout> {
  return (await watched.host.request('GET', `/api/rollouts/${ID}`)).body as Rollout;
}

/** With what the page shows of each halt. */
export async function openHalts(): Promise<OpenHalts> {
  const { value, plannedCount } = (await watched.host.request('GET', `/api/rollouts/${ID}/halts`))
    .body as OpenHalts;
  return { value: value.filter(({ decision }) => decision === null), plannedCount };
}

const COUNTS = new Intl.NumberFormat('en-GB');
const vms = (count: number): string => `${COUNTS.format(count)} ${count === 1 ? 'VM' : 'VMs'}`;

/**
 * What the halt at the top of the page leaves unsaid of the halts that are open: what stops, why, which VMs, what they have in common, what each
 * decision would do to how many VMs, and the reason that it needs. Nothing when it says it all, at the latest after some polls.
 */
export async function unsaidOf(halts: OpenHalts): Promise<readonly string[]> {
  let unsaid: readonly string[] = [];
  await eventually(watched.page, async () => {
    unsaid = await unsaidNow(halts);
    return unsaid.length === 0;
  });
  return unsaid;
}

async function unsaidNow({ value: halts, plannedCount }: OpenHalts): Promise<readonly string[]> {
  const shown = watched.page.locator('.halt');
  const text = (await shown.innerText()).replaceAll(/\s+/g, ' ');
  const sum = (of: (halt: Halt) => number): string => vms(halts.reduce((all, one) => all + of(one), 0));
  const wanted = [
    ...halts.flatMap(({ stops, accused, accusedCount, inCommon }) => [
      stops,
      ...(accusedCount === 0 ? [] : [`${vms(accusedCount)} it is about`]),
      ...accused.slice(0, 6).map(({ name }) => name),
      ...(inCommon.length === 0
        ? []
        : [accusedCount === 1 ? 'About it' : `What all ${COUNTS.format(accusedCount)} have in common`]),
      ...inCommon.filter(({ fact }) => fact === 'image family').map(({ value }) => value),
      ...inCommon
        .slice(0, 4)
        .map(
          ({ value, sharedByCount }) =>
            `${value} ${COUNTS.format(sharedByCount)} of ${vms(plannedCount)} have it`,
        ),
    ]),
    `${sum(({ waitingCount }) => waitingCount)} there still wait`,
    `${sum(({ skippedCount }) => skippedCount)} end as skipped. Everything else goes on`,
    'It cannot be undone.',
    'Reason, for the audit',
  ];
  const links = await shown.getByRole('link').count();
  const named = halts.reduce((all, { accused }) => all + Math.min(6, accused.length), 0);
  return [...wanted.filter((one) => !text.includes(one)), ...(links < named ? ['a link to each VM'] : [])];
}
