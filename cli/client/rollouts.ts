import { createInterface } from 'node:readline/promises';
import { LowtideError } from '../../domain/lowtideError';
import { say } from '../../local/say';
import { describeOutcome, partText } from '../rolloutSummary';
import { givenUpBySkip, RolloutView, WAITING } from '../rolloutView';
import { apiClient, queryOf, type ApiClient, type HostOptions } from './apiClient';
import { instantText, readable, writeJson, writeRows, type OutputOptions, type Row } from './output';
import { withIds } from './selectors';

type Common = HostOptions & OutputOptions;

export async function runRolloutList(options: Common): Promise<0> {
  const { value } = await apiClient(options).get<{ value: readonly Row[] }>('/api/rollouts');
  writeRows(['id', 'state', 'vmCount', 'releasedUtc', 'endsUtc', 'endedUtc', 'requestedBy'], value, options);
  return 0;
}

export async function runRolloutStart(options: Common & { readonly month?: string }): Promise<0> {
  const { month, json } = options;
  const started = await apiClient(options).send<{ id: string }>('POST', '/api/rollouts', {
    ...(month !== undefined && { month }),
  });
  if (json) writeJson(started);
  else say.line(`${started.id} is started: lowtide rollouts watch ${started.id}`);
  return 0;
}

export async function runRolloutShow(id: string | undefined, options: Common): Promise<0> {
  const rollout = await readRollout(apiClient(options), id);
  if (options.json) writeJson(rollout);
  else {
    say.text(describeOutcome(rollout));
    for (const line of nextSteps(rollout)) say.line(line);
  }
  return 0;
}

/** What a person may type about what waits for a person. */
function nextSteps({ id, state, halts, phases, approvals = [] }: RolloutView): readonly string[] {
  const next = phases.find(({ startedUtc }) => startedUtc === null)?.phase;
  const waits = approvals.find(({ phase, state: stands }) => phase === next && WAITING.includes(stands));
  const isOpen = state === 'paused' || halts.some(({ decision }) => decision === null);
  const steps = [
    ...(isOpen ? [`To go on: lowtide rollouts resume ${id} --reason "…", or skip, or cancel.`] : []),
    ...(waits
      ? [`An approver says: lowtide rollouts approve ${id} --phase ${waits.phase} --reason "…", or reject.`]
      : []),
  ];
  return steps.length === 0 ? [] : ['', ...steps];
}

export type DecisionKind =
  'pause' | 'resume' | 'skip' | 'cancel' | 'take-over' | 'approve' | 'reject' | 'withdraw';

export interface DecisionOptions extends Common {
  readonly reason: string;
  readonly phase?: string | undefined;
  readonly region?: string | undefined;
  readonly set?: string | undefined;
  readonly vm?: string | undefined;
  readonly yes?: boolean | undefined;
}

/** What a decision answers is shown before it is made; a person confirms it, or `--yes` does. */
export async function runDecision(
  kind: DecisionKind,
  id: string | undefined,
  options: DecisionOptions,
): Promise<0> {
  const api = apiClient(options);
  const rollout = await readRollout(api, id);
  const scope = scopeOf(await withIds(api, options));
  if (!options.yes || kind === 'resume') tell(kind, rollout, scope);
  const seen = await seenBy(api, kind, rollout, scope);
  if (!options.yes) await goOn(kind);
  const body = {
    reason: options.reason,
    ...bodyOf(kind, scope),
    ...seen,
  };
  const after = await api.send('POST', `/api/rollouts/${rollout.id}/${kind}`, body);
  if (options.json) writeJson(after);
  else say.line(decided(kind, rollout, RolloutView.parse(after), scope));
  return 0;
}

const DONE = {
  pause: 'paused',
  resume: 'resumed',
  skip: 'given up',
  cancel: 'given up',
  'take-over': 'taken over',
  approve: 'approved',
  reject: 'rejected',
  withdraw: 'no more approved',
} as const;

/** Of a part what was done to it; of the whole how it stands. */
function decided(kind: DecisionKind, before: RolloutView, after: RolloutView, scope: Row | null): string {
  const stands = `${after.id} is ${after.state}.`;
  const part = scope === null ? approvedPhase(before, after) : partText(scope);
  const done = part === null ? stands : `${part} is ${DONE[kind]}; ${stands}`;
  const waiting = after.approvals?.filter(({ state }) => WAITING.includes(state)) ?? [];
  if (kind !== 'approve' || waiting.length === 0) return done;
  return `${done} ${waiting.map(({ phase }) => phase).join(', ')} will wait for an approval, too.`;
}

/** The phase whose approval stands otherwise than before. */
function approvedPhase(before: RolloutView, { approvals }: RolloutView): string | null {
  const was = new Map(before.approvals?.map(({ phase, state }) => [phase, state]));
  return approvals?.find(({ phase, state }) => was.has(phase) && was.get(phase) !== state)?.phase ?? null;
}

/** What was shown before a resume or a skip; the host refuses it when there is more by then. */
async function seenBy(
  api: ApiClient,
  kind: DecisionKind,
  rollout: RolloutView,
  scope: Row | null,
): Promise<Row> {
  const { halts, pausedSinceUtc } = rollout;
  if (kind === 'skip') return { forgives: halts.map(({ haltId }) => haltId) };
  if (kind !== 'resume') return {};
  const forgives = await listForgiven(api, rollout, scope);
  return pausedSinceUtc === undefined ? { forgives } : { forgives, pausedSinceUtc };
}

/** What resume forgives is listed before it is said; the host refuses it when another halt came since. */
async function listForgiven(
  api: ApiClient,
  { id }: RolloutView,
  scope: Row | null,
): Promise<readonly string[]> {
  const { halts } = await api.get<{ halts: readonly Forgiven[] }>(
    queryOf(`/api/rollouts/${id}/forgiven`, (scope ?? {}) as Record<string, string>),
  );
  for (const { kind, phase, region, asked, atUtc, why } of halts) {
    const where = region === null ? phase : `${phase}, ${region}`;
    const what = asked === undefined ? `the ${kind} of ${where}` : `the pause of ${partText(asked)}`;
    say.error(`  forgives ${what} since ${instantText(atUtc)}: ${readable(why)}`);
  }
  return halts.map(({ haltId }) => haltId);
}

type Forgiven = RolloutView['halts'][number];

/** An approval is of a phase; what is decided otherwise has a scope. */
function bodyOf(kind: DecisionKind, scope: Row | null): Row {
  if (scope === null) return {};
  return kind === 'approve' || kind === 'reject' || kind === 'withdraw' ? scope : { scope };
}

function scopeOf({ phase, region, set, vm }: DecisionOptions): Row | null {
  const given = Object.entries({ phase, region, availabilitySet: set, vm }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length <= 1) return given.length === 0 ? null : Object.fromEntries(given);
  throw new LowtideError('ARGUMENT_INVALID', {
    what: 'A decision has one scope.',
    why: `Given are ${given.map(([name]) => name).join(' and ')}.`,
    fix: 'Give one of --phase, --region, --set and --vm, or none for the whole rollout.',
  });
}

/** What is about to be decided, and about what. */
function tell(kind: DecisionKind, rollout: RolloutView, scope: Row | null): void {
  const open = rollout.halts.filter(({ decision }) => decision === null);
  const where = scope === null ? rollout.id : `${partText(scope)} of ${rollout.id}`;
  say.error(`${kind} ${where} (${rollout.state}).`);
  if (kind === 'approve' || kind === 'reject') tellPending(rollout);
  if (kind === 'skip')
    for (const halt of open)
      if (halt.asked === undefined)
        say.error(`  gives up the rest of ${givenUpBySkip(halt)}: ${readable(halt.why)}`);
}

/** What an approver decides about: each phase that waits, and the phases before it, by which it is judged. */
function tellPending({ approvals, phases }: RolloutView): void {
  for (const { phase, state, rule } of approvals ?? [])
    if (WAITING.includes(state)) say.error(`  ${phase} waits for an approval ${rule} (${state})`);
  for (const { phase, gate } of phases) if (gate !== null) say.error(`  ${phase}: ${gate.why}`);
}

/** Asks on the terminal. Throws where it is not confirmed, or there is no terminal to ask on. */
export async function goOn(what: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new LowtideError('ARGUMENT_INVALID', {
      what: `${what} was not confirmed.`,
      why: 'There is no terminal to ask for confirmation.',
      fix: 'Add --yes to confirm.',
    });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question('Go on? [y/N] ');
  terminal.close();
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new LowtideError('ARGUMENT_INVALID', {
    what: `${what} was not confirmed.`,
    why: 'You said no.',
    fix: 'Nothing was changed.',
  });
}

/** The rollout of this id, or the latest monthly one. */
export async function readRollout(api: ApiClient, id: string | undefined): Promise<RolloutView> {
  const wanted = id ?? (await latestId(api));
  return RolloutView.parse(await api.get(`/api/rollouts/${encodeURIComponent(wanted)}`));
}

/** Of the latest monthly one. */
export async function latestId(api: ApiClient): Promise<string> {
  const { value } = await api.get<{ value: readonly { readonly id: string; readonly kind?: string }[] }>(
    '/api/rollouts',
  );
  const latest = value.find(({ kind }) => kind !== 'emergency');
  if (latest !== undefined) return latest.id;
  throw new LowtideError('NOT_FOUND', {
    what: 'There is no rollout yet.',
    why: 'The monthly timer starts one when a release is out and the driver lists VMs.',
    fix: 'lowtide rollouts start starts one now.',
  });
}
