import { z } from 'zod';
import { httpClient } from './e2e/httpClient';
import { describeOutcome, shortTime } from './rolloutSummary';
import { RolloutView } from './rolloutView';
import { LowtideError } from '../domain/lowtideError';
import { NO_PHASE } from '../domain/phaseId';
import { say } from '../local/say';

export interface LookOptions {
  readonly url: string;
  readonly key?: string | undefined;
}

type Row = Readonly<Record<string, unknown>>;

/** Shows what a running host answers as people read it: a rollout as a summary, a list as lines, anything else as indented JSON. */
export async function runLook(path: string, { url, key }: LookOptions): Promise<0> {
  const http = httpClient(url, key);
  let next: string | undefined = path.startsWith('/') ? path : `/${path}`;
  while (next !== undefined) {
    const { status, body, text } = await http.get(next);
    if (status >= 300) throw refused(next, status, body, text);
    say.text(describeBody(body));
    next = (body as { nextLink?: string }).nextLink;
  }
  return 0;
}

/** For a person. */
export function describeBody(body: unknown): string {
  const rollout = RolloutView.safeParse(body);
  if (rollout.success) return describeOutcome(rollout.data);
  const { value } = (body ?? {}) as { value?: unknown };
  if (!Array.isArray(value)) return `${JSON.stringify(body, null, 2)}\n`;
  if (value.length === 0) return 'nothing\n';
  return value.map((row) => `${describeRow(row as Row)}\n`).join('');
}

const text = z.string();

/** What was decided or done. Its place in the chain of the audit is for those who verify it: it is in the JSON. */
const AuditRow = z.looseObject({ atUtc: text, who: text, what: text, subject: text, why: text });
/** How a VM stands in a rollout. */
const OutcomeRow = z.looseObject({
  vmId: text,
  kind: text,
  reason: text,
  detail: text,
  atUtc: text,
  phase: text,
  region: text,
});

const KIND_WIDTH = 10;
const NAME_WIDTH = 24;
const WHAT_WIDTH = 18;

/** One line; what is nested in a row of another kind is in the JSON of its own route. */
function describeRow(row: Row): string {
  const audited = AuditRow.safeParse(row);
  if (audited.success) {
    const { atUtc, who, what, subject, why } = audited.data;
    return `${shortTime(atUtc)}  ${what.padEnd(WHAT_WIDTH)}  ${nameOf(subject).padEnd(NAME_WIDTH)}  ${why} (${who})`;
  }
  const ended = OutcomeRow.safeParse(row);
  if (ended.success) {
    const { vmId, kind, reason, detail, atUtc, phase, region } = ended.data;
    const why = detail === '' ? reason : `${reason}: ${detail}`;
    const where = phase === NO_PHASE ? region : `${phase}, ${region}`;
    return `${nameOf(vmId).padEnd(NAME_WIDTH)}  ${kind.padEnd(KIND_WIDTH)}  ${shortTime(atUtc)}  ${why} (${where})`;
  }
  return Object.values(row)
    .filter((value) => ['string', 'number', 'boolean'].includes(typeof value) && value !== '')
    .map((value) => nameOf(String(value)))
    .join('  ');
}

/** The last part of an id. */
const nameOf = (value: string): string => value.replace(/^\/subscriptions\/.*\//i, '');

/** The host's own words, where it has some. */
const Problem = z.looseObject({ title: text, why: text, fix: text });

function refused(path: string, status: number, body: unknown, answer: string): LowtideError {
  const problem = Problem.safeParse(body);
  const { title, why, fix } = problem.success ? problem.data : {};
  return new LowtideError('ARGUMENT_INVALID', {
    what: `${path} answered ${status}.${title === undefined ? '' : ` ${title}`}`,
    why: why ?? (answer === '' ? 'The answer has no body.' : answer),
    fix: fix ?? 'Try /api/rollouts; docs/http-api.md lists all paths.',
  });
}
