import { randomUUID } from 'node:crypto';
import { budgetsDown } from '../activities/budgets/budgetShares';
import type { Services } from '../activities/services';
import type { Month } from '../domain/ids';
import type { Policy } from '../domain/policy';
import { releaseOf } from '../domain/release';
import type { PreviewAnswer } from '../planning/monthPreview';
import type { ShownDiff, Turn } from '../planning/previewPlan';
import { fleetView, type FleetView, type Listed } from './fleetView';
import { KeptAnswers } from './keptAnswers';
import type { MonthQuestion, PageQuestion, PreviewReply, PreviewRequest } from './previewer';
import { hasThread, makerHere, ThreadMaker, type PreviewMaker } from './previewMaker';
import { PAGE_SIZE } from './queryValues';
import { slices } from '../activities/slices';

/** Below this a plan takes less time than a person notices, and is made where it is asked for. */
const LARGE_VMS = 5_000;
/** So long the answer of a large fleet stands while the next is made beside it. */
const BESIDE_MS = 600_000;
/** Once its month has begun, a plan depends on the time of day, too. */
const MINUTES_KEPT = 5;
/** VMs that go to the thread together: other requests wait for no more. */
const PART_VMS = 200;
/** Answers that are kept: pages and selectors of a few previews. */
const ANSWERS_MAX = 200;

export interface MonthAsked {
  readonly month: Month;
  readonly policy: Policy;
}

export interface PreviewPage {
  readonly answer: PreviewAnswer;
  readonly asOfUtc: string;
}

interface Answer {
  /** The request that it answers, with its time. */
  readonly asked: string;
  readonly reply: PreviewReply;
  readonly listed: Listed;
  readonly asOfUtc: string;
}

interface Previews {
  maker: PreviewMaker;
  isLarge: boolean;
  /** The fleet that the maker has, or is being given. */
  listed: Listed | null;
  given: Promise<void>;
  readonly answers: KeptAnswers<Answer>;
  /** Which month of a large fleet was asked for last. */
  lastMonth: Month | null;
}

const PREVIEWS = new WeakMap<Services['inventory'], Previews>();

/** A page of a month under a policy, with the VMs of the inventory and the freezes of now. Asked again, it is the same until one of them has changed. */
export async function previewPage(
  services: Services,
  asked: MonthAsked,
  page: PageQuestion,
): Promise<PreviewPage> {
  const month = await questionOf(services, asked);
  const { reply, asOfUtc } = await askOnce(services, { kind: 'page', month, page });
  return { answer: answerIn(reply), asOfUtc };
}

/**
 * After a change of policy or freezes: the month that was asked for last is planned at once, beside the answers, so that the first request after the
 * change finds its plan. Only where previews of a large fleet are in use: otherwise nothing keeps a copy of it.
 */
export async function planAgain(services: Services): Promise<PreviewPage | null> {
  const known = PREVIEWS.get(services.inventory);
  const month = known?.lastMonth ?? null;
  if (known === undefined || month === null || known.maker.hasEnded) return null;
  return previewPage(services, { month, policy: services.policy }, FIRST_PAGE);
}

const FIRST_PAGE: PageQuestion = { selector: {}, after: 0, take: PAGE_SIZE };

/** What moves with another policy. */
export async function diffOfPolicies(services: Services, month: Month, policy: Policy): Promise<ShownDiff> {
  const before = await questionOf(services, { month, policy: services.policy });
  const after = await questionOf(services, { month, policy });
  return diffIn((await askOnce(services, { kind: 'diff', before, after })).reply);
}

/** What moves against a plan that was kept, whose turns come in parts. */
export async function diffFromTurns(
  services: Services,
  asked: MonthAsked,
  before: AsyncIterable<readonly Turn[]>,
): Promise<ShownDiff> {
  const month = await questionOf(services, asked);
  const name = randomUUID();
  for await (const turns of before) await ask(services, { kind: 'turns', name, turns });
  return diffIn((await ask(services, { kind: 'moved', name, month })).reply);
}

/** A month with the VMs of a fleet file, and what moves against the inventory. */
export async function previewOfFile(
  services: Services,
  { month, policy }: MonthAsked,
  fleet: unknown,
  page: PageQuestion,
): Promise<PreviewPage & { readonly diff: ShownDiff }> {
  const before = await questionOf(services, { month, policy: services.policy });
  const after = await questionOf(services, { month, policy });
  const file = JSON.stringify(fleet);
  const { reply } = await ask(services, { kind: 'file', month: after, before, file, page });
  return { answer: answerIn(reply), asOfUtc: services.nowUtc(), diff: diffIn(reply) };
}

async function questionOf(services: Services, { month, policy }: MonthAsked): Promise<MonthQuestion> {
  const freezes = await services.freezes.list();
  const nowUtc = services.nowUtc();
  const stepMs = MINUTES_KEPT * 60_000;
  // To come, it depends on no hour; begun, it is that of the last few minutes.
  const begunUtc = new Date(Math.floor(Date.parse(nowUtc) / stepMs) * stepMs).toISOString();
  const releasedUtc = releaseOf(month);
  const down = await budgetsDown({ ...services, policy });
  return { month, policy, freezes, nowUtc: nowUtc > releasedUtc ? begunUtc : releasedUtc, budgetsDown: down };
}

/** What changes by itself while nothing else does. */
const OF_NOW = new Set(['nowUtc', 'budgetsDown']);

/** The answer that is kept while nothing has changed; of a large fleet also for a while after that, and the next is made beside it. */
async function askOnce(services: Services, request: PreviewRequest): Promise<Answer> {
  const view = await fleetView(services);
  const previews = previewsOf(services, view);
  const { answers, isLarge } = previews;
  if (isLarge && request.kind === 'page') previews.lastMonth = request.month.month;
  const asked = JSON.stringify(request);
  const key = JSON.stringify(request, (name, value: unknown) => (OF_NOW.has(name) ? undefined : value));
  const answer = await answers.answer(key, {
    nowUtc: services.nowUtc(),
    isFresh: ({ value }) => value.listed === view.listed && value.asked === asked,
    mayStand: ({ ageMs }) => isLarge && ageMs < BESIDE_MS,
    make: () => ask(services, request),
  });
  return answer.listed === view.listed && answer.asked === asked
    ? { ...answer, asOfUtc: view.asOfUtc }
    : answer;
}

async function ask(services: Services, request: PreviewRequest): Promise<Answer> {
  const view = await fleetView(services);
  const previews = previewsOf(services, view);
  if (previews.listed !== view.listed) {
    previews.listed = view.listed;
    previews.given = previews.given.catch(() => undefined).then(() => give(previews, view.listed));
  }
  const { listed } = view;
  await previews.given;
  const reply = await previews.maker.ask(request);
  return { asked: JSON.stringify(request), reply, listed, asOfUtc: view.asOfUtc };
}

async function give({ maker, isLarge }: Previews, { vms }: Listed): Promise<void> {
  if (!isLarge) {
    await maker.ask({ kind: 'fleet', vms, isLast: true });
    return;
  }
  const next = slices();
  let last: Promise<unknown> = Promise.resolve();
  for (let from = 0; from < vms.length; from += PART_VMS) {
    const isLast = from + PART_VMS >= vms.length;
    last = maker.ask({ kind: 'fleet', vms: vms.slice(from, from + PART_VMS), isLast });
    last.catch(() => undefined); // the last of them says so
    await next();
  }
  await last;
}

function previewsOf({ inventory }: Services, { vms }: FleetView): Previews {
  const isLarge = vms.length >= LARGE_VMS;
  const known = PREVIEWS.get(inventory);
  if (known?.isLarge === isLarge && !known.maker.hasEnded) return known;
  const made: Previews = {
    maker: isLarge && hasThread() ? new ThreadMaker() : makerHere(),
    isLarge,
    listed: null,
    given: Promise.resolve(),
    answers: known?.answers ?? new KeptAnswers<Answer>(ANSWERS_MAX),
    lastMonth: null,
  };
  PREVIEWS.set(inventory, made);
  return made;
}

function answerIn({ answer }: PreviewReply): PreviewAnswer {
  if (answer === undefined) throw new Error('The previewer answered without a page.');
  return answer;
}

function diffIn({ diff }: PreviewReply): ShownDiff {
  if (diff === undefined) throw new Error('The previewer answered without a difference.');
  return diff;
}
