import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { LowtideError } from '../../domain/lowtideError';
import { say } from '../../local/say';
import { interruption } from '../interruption';
import { describeOutcome } from '../rolloutSummary';
import { progressOf, RolloutView } from '../rolloutView';
import { apiClient, queryOf, type ApiClient, type HostOptions } from './apiClient';
import { writeJson, writeRows, type OutputOptions, type Row } from './output';

type Common = HostOptions & OutputOptions;

export async function runRolloutList(options: Common): Promise<0> {
  const { value } = await apiClient(options).get<{ value: readonly Row[] }>('/api/rollouts');
  writeRows(['id', 'state', 'vmCount', 'releasedUtc', 'endsUtc', 'endedUtc', 'requestedBy'], value, options);
  return 0;
}

export async function runRolloutShow(id: string | undefined, options: Common): Promise<0> {
  const rollout = await read(apiClient(options), id);
  if (options.json) writeJson(rollout);
  else say.text(describeOutcome(rollout));
  return 0;
}

const LOOK_EVERY_MS = 2_000;

/** Shows how a rollout goes until it is over: on a terminal one line that changes, elsewhere a line for each change. */
export async function runRolloutWatch(id: string | undefined, options: Common): Promise<0> {
  const api = apiClient(options);
  const stopped = interruption();
  let last = '';
  while (!stopped.aborted) {
    const rollout = await read(api, id);
    const { done, total, note } = progressOf(rollout);
    const line = `${rollout.id}: ${total === null ? '' : `${done} of ${total}, `}${note}`;
    if (options.json) {
      if (line !== last)
        say.line(
          JSON.stringify({ id: rollout.id, state: rollout.state, done, total, outcomes: rollout.outcomes }),
        );
    } else if (process.stdout.isTTY) say.text(`\r\u001b[2K${line}`);
    else if (line !== last) say.line(line);
    last = line;
    if (rollout.state === 'ended' || rollout.state === 'cancelled') break;
    await sleep(LOOK_EVERY_MS, undefined, { signal: stopped }).catch(() => undefined);
  }
  if (process.stdout.isTTY && !options.json) say.line();
  return 0;
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
  const rollout = await read(api, id);
  const scope = scopeOf(options);
  const forgives = kind === 'resume' ? await listForgiven(api, rollout, scope) : null;
  if (!options.yes) await confirmed(kind, rollout, scope);
  const body = {
    reason: options.reason,
    ...bodyOf(kind, scope),
    ...(forgives !== null && { forgives }),
  };
  const after = await api.send('POST', `/api/rollouts/${rollout.id}/${kind}`, body);
  if (options.json) writeJson(after);
  else say.line(`${rollout.id} is ${RolloutView.parse(after).state}.`);
  return 0;
}

/** What resume forgives is listed before it is said; the host refuses it when another halt came since. */
async function listForgiven(
  api: ApiClient,
  { id }: RolloutView,
  scope: Row | null,
): Promise<readonly string[]> {
  const { halts } = await api.get<{ halts: readonly { haltId: string; why: string }[] }>(
    queryOf(`/api/rollouts/${id}/forgiven`, (scope ?? {}) as Record<string, string>),
  );
  for (const { haltId, why } of halts) say.error(`  forgives ${haltId}: ${why}`);
  return halts.map(({ haltId }) => haltId);
}

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

async function confirmed(kind: DecisionKind, rollout: RolloutView, scope: Row | null): Promise<void> {
  const open = rollout.halts.filter(({ decision }) => decision === null);
  const where = scope === null ? rollout.id : `${Object.entries(scope).flat().join(' ')} of ${rollout.id}`;
  say.error(`${kind} ${where} (${rollout.state}).`);
  if (kind === 'skip') for (const { haltId, why } of open) say.error(`  gives up ${haltId}: ${why}`);
  await goOn(kind);
}

/** Asks on the terminal. Throws where it is not confirmed, or there is no terminal to ask on. */
export async function goOn(what: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new LowtideError('ARGUMENT_INVALID', {
      what: `${what} was not confirmed.`,
      why: 'There is no terminal to ask on.',
      fix: 'Add --yes when it is meant.',
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
async function read(api: ApiClient, id: string | undefined): Promise<RolloutView> {
  if (id !== undefined) return RolloutView.parse(await api.get(`/api/rollouts/${encodeURIComponent(id)}`));
  const { value } = await api.get<{ value: readonly { readonly id: string; readonly kind?: string }[] }>(
    '/api/rollouts',
  );
  const latest = value.find(({ kind }) => kind !== 'emergency');
  if (latest !== undefined) return RolloutView.parse(await api.get(`/api/rollouts/${latest.id}`));
  throw new LowtideError('NOT_FOUND', {
    what: 'There is no rollout yet.',
    why: 'The monthly timer starts one when a release is out and the driver lists VMs.',
    fix: 'POST /api/rollouts starts one now.',
  });
}
