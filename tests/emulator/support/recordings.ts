import { normalise } from './normalise';

export interface Exchange {
  readonly label: string;
  readonly request: { readonly method: string; readonly path: string; readonly body?: unknown };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
}

/** A line of invocations.jsonl. */
export interface Invocation {
  readonly trigger: string;
  readonly function: string;
  readonly input: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Labels whose body differs even between two runs of the real host, as the README of the recordings says. */
const BODY_VARIES =
  /^(ops through the JS client|list .*|entities list.*|root|final status p1|history parent)$/;

/** What must be the same, as one comparable value. */
export function exchangeFacts(exchange: Exchange): object {
  const { status, headers, body } = exchange.response;
  const kept = Object.entries(headers).map(([name, value]) => [name, headerFact(name, value)] as const);
  return {
    request: normalise(`${exchange.request.method} ${exchange.request.path}`),
    status,
    headers: Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))),
    ...(!BODY_VARIES.test(exchange.label) && { body: normalise(body) }),
  };
}

function headerFact(name: string, value: string): unknown {
  if (name === 'content-length') return value === '0' ? '0' : 'SOME';
  return name === 'x-ms-continuation-token' ? 'TOKEN' : normalise(value);
}

interface OrchestrationInput {
  readonly instanceId: string;
  readonly history: readonly Record<string, unknown>[];
}

const isOrchestration = (each: Invocation): boolean => each.trigger === 'orchestrationTrigger';

export interface ExecutionFacts {
  readonly history: readonly unknown[];
  readonly outcome: unknown;
}

/**
 * Per execution of an instance, all its episodes, oldest first. An execution is named by instance and input, because its
 * id differs from run to run; children that the host named are named by their parent.
 */
export function executions(invocations: readonly Invocation[]): Map<string, ExecutionFacts[]> {
  const names = new Map<string, string>();
  const facts = new Map<string, ExecutionFacts[]>();
  for (const each of invocations.filter(isOrchestration)) {
    const { history, ...rest } = each.input as OrchestrationInput & Record<string, unknown>;
    const started = history.find((event) => event['EventType'] === 0) as StartedEvent | undefined;
    const execution = started?.OrchestrationInstance.ExecutionId ?? '';
    const name = names.get(execution) ?? executionName(each, started, [...names.values()]);
    names.set(execution, name);
    const outcome = normalise({ trigger: rest, result: each.result, error: each.error });
    facts.set(name, [...(facts.get(name) ?? []), { history: comparable(history), outcome }]);
  }
  return facts;
}

interface StartedEvent {
  readonly OrchestrationInstance: { readonly InstanceId: string; readonly ExecutionId: string };
  readonly ParentInstance: {
    readonly OrchestrationInstance: { readonly InstanceId: string };
    readonly TaskScheduleId: number;
  } | null;
  readonly Input: string;
}

function executionName(
  invocation: Invocation,
  started: StartedEvent | undefined,
  taken: readonly string[],
): string {
  const parent = started?.ParentInstance;
  const id = parent
    ? `${parent.OrchestrationInstance.InstanceId}>${parent.TaskScheduleId}`
    : started?.OrchestrationInstance.InstanceId;
  const base = `${invocation.function} ${String(normalise(id))} ${String(normalise(started?.Input ?? ''))}`;
  let name = base;
  for (let n = 2; taken.includes(name); n += 1) name = `${base} #${n}`;
  return name;
}

const COMPLETIONS: ReadonlySet<unknown> = new Set([5, 6, 8, 9]);

/**
 * Markers of episodes are left out and neighbouring completions are sorted: in how many episodes a fan-out comes back,
 * and in which order, differs from run to run.
 */
function comparable(history: readonly Record<string, unknown>[]): unknown[] {
  const events = history.filter((event) => event['EventType'] !== 12 && event['EventType'] !== 13);
  const out: Record<string, unknown>[] = [];
  let run: Record<string, unknown>[] = [];
  const flush = (): void => {
    out.push(...run.sort((a, b) => Number(a['TaskScheduledId']) - Number(b['TaskScheduledId'])));
    run = [];
  };
  for (const event of events) {
    // What is played depends on which episode was the last one.
    const fact = normalise({ ...event, IsPlayed: undefined }) as Record<string, unknown>;
    if (COMPLETIONS.has(event['EventType'])) {
      run.push(fact);
    } else {
      flush();
      out.push(fact);
    }
  }
  flush();
  return out;
}

/** Activities and entities: each input with its result, in any order. */
export function calls(invocations: readonly Invocation[]): string[] {
  const others = invocations.filter((each) => /^(activity|entity)Trigger$/.test(each.trigger));
  return others
    .map(({ trigger, function: fn, input, result, error }) =>
      JSON.stringify(normalise({ trigger, fn, input, result, error })),
    )
    .sort();
}

/** The hook of the recorded app writes one line at the start and one at the end of each invocation. */
export function joinLines(lines: string): Invocation[] {
  const byNumber = new Map<number, Invocation>();
  for (const line of lines.trim().split('\n')) {
    const { n, dir, trigger, fn, input, result, error } = JSON.parse(line) as Record<string, unknown>;
    const before = byNumber.get(n as number);
    if (dir === 'in') byNumber.set(n as number, { trigger, function: fn, input } as Invocation);
    else if (before) byNumber.set(n as number, { ...before, result, ...(error !== undefined && { error }) });
  }
  return [...byNumber.values()];
}
