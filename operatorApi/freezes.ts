import { createHash } from 'node:crypto';
import type { HttpResponseInit } from '@azure/functions';
import { z } from 'zod';
import type { Services } from '../activities/services';
import { Freeze, FreezeInput, freezeState } from '../domain/freezes';
import { GIVEN_TEXT_MAX } from '../domain/givenText';
import { addSeconds } from '../domain/instants';
import { LowtideError } from '../domain/lowtideError';
import type { Selector } from '../domain/selector';
import { describeSelector } from '../domain/selector';
import { DAY_SECONDS } from '../domain/timeUnits';
import { decodeText } from '../drivers/fleet/decodeText';
import { csvAnswer, csvOf } from './csv';
import { placesSelected } from './fleetIndex';
import { IF_MATCH, IF_NONE_MATCH } from './conditional';
import { fleetView } from './fleetView';
import { keepFreeze, liftFreeze, LOWTIDE, refuseTooMany, setAsideIfOver, tagOf, WORDS } from './keepFreeze';
import { nextLinkOf, reasonIn } from './queryValues';
import { readCalendar, type CalendarTime } from './readCalendar';
import type { OperatorRequest, OperatorRoute } from './route';
import { FreezeShape } from './shapes/freeze';
import { AFTER, pageOfShape } from './shapes/shared';
import { selectorOf, SELECTOR_QUERY } from './selectorQuery';

type Kind = Freeze['kind'];

async function shown(
  services: Services,
  freezes: readonly Freeze[],
): Promise<readonly z.input<typeof FreezeShape>[]> {
  if (freezes.length === 0) return [];
  const view = await fleetView(services);
  const nowUtc = services.nowUtc();
  return Promise.all(
    freezes.map(async (freeze) => {
      const { kind: _kind, ...rest } = freeze;
      const vmCount = (await placesSelected(view, freeze.selector))?.length ?? view.vms.length;
      return { ...rest, state: freezeState(freeze, nowUtc), vmCount, etag: tagOf(freeze) };
    }),
  );
}

const LIST_QUERY = {
  after: AFTER,
  format: { about: 'csv for a table.', schema: z.enum(['json', 'csv']) },
};

function listOf(kind: Kind): OperatorRoute {
  return {
    name: `list${kind === 'freeze' ? 'Freezes' : 'Exclusions'}`,
    methods: ['GET'],
    role: 'reader',
    route: WORDS[kind].path,
    query: LIST_QUERY,
    description: {
      summary: `Every ${WORDS[kind].one}: those in force and to come at first, then those that are over, 500 a page.`,
      answers: { 200: { about: 'A page.', schema: pageOfShape(FreezeShape), orCsv: true } },
    },
    handler: async (request, { services }) => {
      const after = request.query('after') ?? '';
      const kept = (await services.freezes.list()).filter((one) => one.kind === kind);
      const aside = await services.freezes.asidePage(kind, after);
      const ids = new Set(kept.map(({ id }) => id));
      const past = aside.value.filter(({ id }) => !ids.has(id));
      const value = await shown(services, after === '' ? [...kept, ...past] : past);
      const nextLink =
        aside.next === null ? null : nextLinkOf(`/${WORDS[kind].path}`, request, LIST_QUERY, aside.next);
      if (request.query('format') === 'csv')
        return csvAnswer(csvOf(Object.keys(FreezeShape.shape), value), nextLink);
      return { jsonBody: nextLink === null ? { value } : { value, nextLink } };
    },
  };
}

function putOf(kind: Kind): OperatorRoute {
  return {
    name: `put${kind === 'freeze' ? 'Freeze' : 'Exclusion'}`,
    methods: ['PUT'],
    role: 'operator',
    route: `${WORDS[kind].path}/{id}`,
    query: {},
    description: {
      summary: `Makes or changes ${kind === 'freeze' ? 'a freeze' : 'an exclusion'}: plan, forecast and running rollouts use it from now on.`,
      body: { about: 'Which VMs, from when to when, why, whose.', schema: FreezeInput },
      answers: { 200: { about: 'As it is kept.', schema: FreezeShape } },
      headers: { ...IF_MATCH, ...IF_NONE_MATCH },
      errors: ['CHANGED_SINCE'],
    },
    handler: async (request, { services }) => {
      const input = FreezeInput.parse(await request.json());
      const { by } = request;
      const id = idOf(request);
      await refuseTooMany(services, kind, [id]);
      const freeze = await keepFreeze(services, { kind, id }, input, { by, condition: request });
      return { headers: { etag: tagOf(freeze) }, jsonBody: (await shown(services, [freeze]))[0] };
    },
  };
}

function deleteOf(kind: Kind): OperatorRoute {
  return {
    name: `delete${kind === 'freeze' ? 'Freeze' : 'Exclusion'}`,
    methods: ['DELETE'],
    role: 'operator',
    route: `${WORDS[kind].path}/{id}`,
    query: {
      reason: { about: 'Why it is lifted: it goes into the audit.', schema: z.string().min(1) },
    },
    description: {
      summary: `Lifts ${kind === 'freeze' ? 'a freeze' : 'an exclusion'}; what it held is caught up.`,
      answers: { 200: { about: 'As it was.', schema: FreezeShape } },
      headers: IF_MATCH,
      errors: ['NOT_FOUND', 'CHANGED_SINCE'],
    },
    handler: (request, { services }) => lift(services, kind, request),
  };
}

async function lift(services: Services, kind: Kind, request: OperatorRequest): Promise<HttpResponseInit> {
  const id = idOf(request);
  const { by } = request;
  const freeze = await liftFreeze(services, { kind, id }, { by, why: reasonIn(request), condition: request });
  if (freeze === null)
    throw new LowtideError('NOT_FOUND', {
      what: `There is no ${WORDS[kind].one} '${id}'.`,
      why: 'It never existed here, or was removed already.',
      fix: `GET /${WORDS[kind].path} lists them.`,
    });
  return { jsonBody: (await shown(services, [freeze]))[0] };
}

const Imported = z.object({ value: z.array(FreezeShape), notes: z.array(z.string()) });

const importFreezes: OperatorRoute = {
  name: 'importFreezes',
  methods: ['POST'],
  role: 'operator',
  route: 'api/freezes/import',
  query: {
    ...SELECTOR_QUERY,
    owner: { about: 'Whose they are; the caller when it is left out.', schema: z.string() },
  },
  description: {
    summary: 'Makes a freeze of each event of an iCalendar file. The same file again changes nothing.',
    body: { about: 'An iCalendar file (RFC 5545).', contentTypes: ['text/calendar'] },
    answers: { 200: { about: 'The freezes, and what could not be taken.', schema: Imported } },
    errors: ['CHANGED_SINCE'],
  },
  handler: async (request, { services }) => {
    const selector = selectorOf(request);
    const nowUtc = services.nowUtc();
    const { times, notes } = readCalendar(decodeText(await request.bytes(), 'the calendar'), nowUtc);
    const owner = request.query('owner') ?? request.by;
    const found = times.map((time) => ({
      id: importedId(time, selector),
      input: FreezeInput.parse(inputOf(time, selector, owner)),
    }));
    await refuseTooMany(
      services,
      'freeze',
      found.map(({ id }) => id),
    );
    const made: Freeze[] = [];
    for (const { id, input } of found)
      made.push(await keepFreeze(services, { kind: 'freeze', id }, input, { by: request.by }));
    return { jsonBody: { value: await shown(services, made), notes } };
  },
};

function inputOf({ summary, from, to, timeZone }: CalendarTime, selector: Selector, owner: string): unknown {
  return {
    selector,
    from,
    to,
    timeZone,
    reason: summary === '' ? 'An event of a calendar.' : summary.slice(0, GIVEN_TEXT_MAX[0]),
    owner,
  };
}

/** The same event for the same VMs is the same freeze. */
function importedId({ uid, from }: CalendarTime, selector: Selector): string {
  const hash = createHash('sha256').update(JSON.stringify([uid, from, selector]));
  return `ics-${hash.digest('hex').slice(0, 16)}`;
}

function idOf(request: OperatorRequest): string {
  const parsed = Freeze.shape.id.safeParse(request.parameter('id'));
  if (parsed.success) return parsed.data;
  throw new LowtideError('REQUEST_INVALID', {
    what: `'${request.parameter('id')}' is not the id of a freeze or an exclusion.`,
    why: 'An id has up to 64 lower-case letters, digits and hyphens, and begins with a letter or digit.',
    fix: 'For example: year-end-2026.',
  });
}

export const freezeRoutes: readonly OperatorRoute[] = [
  listOf('freeze'),
  importFreezes,
  putOf('freeze'),
  deleteOf('freeze'),
  listOf('exclusion'),
  putOf('exclusion'),
  deleteOf('exclusion'),
];

/** An exclusion whose end is nearer than this is brought to its owner's mind. */
const REMINDER_DAYS = 3;

/** A day sets so many aside at most: some seconds. */
const SET_ASIDE_MAX = 1_000;

/** Daily: sets aside what is over. Writes down, once for each, the exclusions that end soon; the words are for the log of the host. */
export async function lookAtFreezes(services: Services): Promise<readonly string[]> {
  const nowUtc = services.nowUtc();
  const soonUtc = addSeconds(nowUtc, REMINDER_DAYS * DAY_SECONDS);
  const said: string[] = [];
  const all = await services.freezes.list();
  const over = all.filter((freeze) => freezeState(freeze, nowUtc) === 'over');
  for (const freeze of over.slice(0, SET_ASIDE_MAX)) await setAsideIfOver(services, freeze);
  for (const freeze of all) {
    const { id, kind, to, owner, selector } = freeze;
    if (kind !== 'exclusion' || freezeState(freeze, nowUtc) === 'over') continue;
    if (freezeState(freeze, soonUtc) !== 'over') continue;
    const key = `${id}~${to}~exclusionEnds`;
    if (await services.audit.has('operator', key)) continue;
    const why = `The exclusion ${id} of ${owner} (${describeSelector(selector)}) ends at ${to}: from then on these VMs are patched.`;
    await services.audit.append('operator', key, {
      atUtc: nowUtc,
      who: LOWTIDE,
      what: 'exclusionEnds',
      subject: id,
      vmId: selector.vm ?? null,
      why,
      evidence: { to, owner },
    });
    said.push(why);
  }
  return said;
}
