import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { WakingServices } from '../activities/services';
import { writeHalt } from '../activities/rollout/halts';
import { wakeWaits } from '../activities/rollout/wake';
import { HookAsk } from '../domain/hooks';
import type { RolloutId } from '../domain/ids';
import { LowtideError } from '../domain/lowtideError';
import { forgetFleetView } from './fleetView';
import { notFound, openRollout } from './openRollout';
import { rolloutIdIn } from './rolloutIdIn';
import type { OperatorRoute } from './route';
import { named } from './shapes/shared';

const PATH = 'api/rollouts/{id}/hooks';

const AskShape = named(
  'HookQuestion',
  HookAsk,
  'What a hook without an address was asked, and what it answered.',
);
const AnswerBody = z.strictObject({ ask: z.string(), go: z.boolean(), why: z.string().max(300).default('') });
type Answer = z.output<typeof AnswerBody>;

const listAsks: OperatorRoute = {
  name: 'listHookQuestions',
  methods: ['GET'],
  role: 'reader',
  route: PATH,
  query: {},
  description: {
    summary: 'What hooks without an address were asked in a rollout, and what they answered.',
    answers: { 200: { about: 'All of them.', schema: z.object({ value: z.array(AskShape) }) } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services }) => {
    const id = rolloutIdIn(request);
    if ((await services.rollouts.read(id)) === null) throw notFound(id);
    return { jsonBody: { value: await services.hookAsks.list(id) } };
  },
};

const answerAsk: OperatorRoute = {
  name: 'answerHookQuestion',
  methods: ['POST'],
  role: 'operator',
  route: PATH,
  query: {},
  description: {
    summary: 'Answers what a hook without an address was asked: the event that the rollout waits for.',
    body: { about: 'Which question, yes or no, and why.', schema: AnswerBody },
    answers: { 200: { about: 'The question with its answer.', schema: AskShape } },
    errors: ['NOT_FOUND', 'ROLLOUT_ENDED', 'NOTHING_TO_DECIDE', 'NOT_OWNER'],
  },
  handler: async (request, { services }) => {
    const id = rolloutIdIn(request);
    const answered = await answer(services, id, AnswerBody.parse(await request.json()), request.by);
    forgetFleetView(services);
    return { jsonBody: answered };
  },
};

/** The first answer counts; given once more it ends what broke off half way. A yes lifts the hold that waits for it; a no is a hold with its words. */
async function answer(
  services: WakingServices,
  id: RolloutId,
  { ask, go, why }: Answer,
  by: string,
): Promise<HookAsk> {
  await openRollout(services, id);
  const atUtc = services.nowUtc();
  const asked = await services.hookAsks.read(id, ask);
  const given = asked?.answer ?? { go, why, by, atUtc };
  if (
    asked === null ||
    !isDeepStrictEqual(given, { go, why, by, atUtc: given.atUtc }) ||
    given.atUtc >= asked.untilUtc
  )
    throw notAsked(id, ask, asked);
  const answered: HookAsk = { ...asked, answer: given };
  if (!(await services.hookAsks.save(id, answered, asked)))
    throw notAsked(id, ask, await services.hookAsks.read(id, ask));
  await services.audit.append(id, `hookAnswered~${ask}~${given.atUtc}`, {
    atUtc: given.atUtc,
    who: by,
    what: 'hookAnswered',
    subject: ask,
    vmId: null,
    why: why === '' ? (go ? 'It said yes.' : 'It said no.') : why,
    evidence: { go, on: asked.on },
  });
  if (asked.haltId !== null) await answerHold(services, id, answered, given);
  await wakeWaits(services, id, 'control');
  return answered;
}

/** The hold that says «it may answer until» gives way: to nothing, or to one with the hook's words. */
async function answerHold(
  services: WakingServices,
  id: RolloutId,
  { haltId, hook }: HookAsk,
  { go, why, by, atUtc }: NonNullable<HookAsk['answer']>,
): Promise<void> {
  const found = (await services.rollouts.halts(id)).find((halt) => halt.haltId === haltId);
  if (haltId === null || found === undefined) return;
  if (!go)
    await writeHalt(services, id, {
      kind: 'hold',
      phase: found.phase,
      region: found.region,
      haltId: `${haltId}.no`,
      why: `The hook ${hook} said no in ${found.region ?? found.phase}: ${why === '' ? 'without a reason' : why}`,
      evidence: { hook },
    });
  const reason = go ? `The hook ${hook} said yes.` : `The hook ${hook} said no: see ${haltId}.no.`;
  await services.rollouts.decide(id, haltId, { kind: 'resume', by, reason, atUtc });
}

function notAsked(id: RolloutId, ask: string, asked: HookAsk | null): LowtideError {
  return new LowtideError('NOTHING_TO_DECIDE', {
    what: `'${ask}' does not wait for an answer.`,
    why:
      asked === null
        ? 'It was never asked.'
        : asked.answer === null
          ? `It had time until ${asked.untilUtc}: that is a no.`
          : `${asked.answer.by} has answered it at ${asked.answer.atUtc}.`,
    fix: `GET /api/rollouts/${id}/hooks lists its questions.`,
  });
}

export const hookRoutes: readonly OperatorRoute[] = [listAsks, answerAsk];
