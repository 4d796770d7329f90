import { httpClient } from './e2e/httpClient';
import { describeOutcome } from './rolloutSummary';
import { RolloutView } from './rolloutView';
import { LowtideError } from '../domain/lowtideError';
import { say } from '../local/say';

export interface LookOptions {
  readonly baseUrl: string;
  readonly key?: string | undefined;
}

type Row = Readonly<Record<string, unknown>>;

/** Shows what a running host answers as people read it: a rollout as a summary, a list as lines, anything else as indented JSON. */
export async function runLook(path: string, { baseUrl, key }: LookOptions): Promise<0> {
  const http = httpClient(baseUrl, key);
  let next: string | undefined = path;
  while (next !== undefined) {
    const { status, body, text } = await http.get(next);
    if (status >= 300) throw refused(next, status, text);
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

/** The plain members of a row, the last part of ids; what is nested is in the JSON of its own route. */
function describeRow(row: Row): string {
  return Object.entries(row)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value) && value !== '')
    .map(([, value]) => String(value).replace(/^\/subscriptions\/.*\//i, ''))
    .join('  ');
}

function refused(path: string, status: number, text: string): LowtideError {
  return new LowtideError('ARGUMENT_INVALID', {
    what: `${path} answered ${status}.`,
    why: text === '' ? 'The answer has no body.' : text,
    fix: 'Try /api/rollouts; docs/http-api.md lists what there is.',
  });
}
