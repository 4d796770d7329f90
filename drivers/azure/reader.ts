import type { Arm, ArmRequest } from './arm';
import { ArmUnreachable } from './arm';
import type { BudgetName, RequestBudgets, Clock } from './requestBudgets';
import type { ArmAnswer } from './refusals';
import { codeIn, messageIn } from './errorBody';
import { listAt, textAt } from './json';
import { retryAfterSeconds } from './retryAfter';

/** A reading that Azure has not allowed, or not given, within the time there was. Nothing is known by it. */
export class NotRead extends Error {
  override readonly name = 'NotRead';
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;

  constructor(message: string, status: number | null, seconds: number | null, cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.retryAfterSeconds = seconds;
  }
}

/** Readings change nothing, so they may be repeated; an activity has two minutes in all. */
const TRIES_MAX = 3;
const WAIT_SECONDS_MAX = 20;
const PAUSE_SECONDS = 2;

export interface Counted {
  /** What the call counts against, beside ARM's own limit of the subscription. */
  readonly budgets: readonly (readonly [BudgetName, string])[];
}

/** Reads from ARM within the budgets, and again where an answer failed to come. */
export class Reader {
  readonly #arm: Arm;
  readonly #budgets: RequestBudgets;
  readonly #clock: Clock;
  readonly #nowUtc: () => string;

  constructor(arm: Arm, budgets: RequestBudgets, clock: Clock, nowUtc: () => string) {
    this.#arm = arm;
    this.#budgets = budgets;
    this.#clock = clock;
    this.#nowUtc = nowUtc;
  }

  /** The answer, whatever its status below 500 says, 401 and 429 aside. Throws NotRead. */
  async read(request: ArmRequest, { budgets }: Counted): Promise<ArmAnswer> {
    let last: NotRead | null = null;
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      const result = await this.#readOnce(request, budgets);
      if (!(result instanceof NotRead)) return result;
      last = result;
      const seconds = result.retryAfterSeconds ?? PAUSE_SECONDS * tries;
      if (seconds > WAIT_SECONDS_MAX) break;
      if (tries < TRIES_MAX) await this.#clock.sleep(seconds * 1_000);
    }
    throw last ?? new NotRead('Nothing was tried.', null, null);
  }

  async #readOnce(request: ArmRequest, budgets: Counted['budgets']): Promise<ArmAnswer | NotRead> {
    const wait = await this.#room(budgets);
    const [path = ''] = request.url.split('?');
    if (wait > 0)
      return new NotRead(`${request.method} ${path}: the budget is used up.`, null, Math.ceil(wait));
    let answer: ArmAnswer;
    try {
      answer = await this.#arm.send(request);
    } catch (error) {
      if (!(error instanceof ArmUnreachable)) throw error;
      return new NotRead(error.message, null, null, error);
    }
    const { status } = answer;
    if (status === 200 && typeof answer.body === 'string')
      return new NotRead(`${request.method} ${path} was answered with invalid JSON.`, status, null);
    if (status < 400 || (status < 500 && status !== 401 && status !== 408 && status !== 429)) return answer;
    const asked = retryAfterSeconds(answer, this.#nowUtc());
    if (status === 429) {
      const isOfAll = isOfSubscription(answer);
      for (const [name, of] of budgets)
        if (name !== 'armReads' || isOfAll) this.#budgets.pause(name, of, asked ?? PAUSE_SECONDS);
    }
    const said = `${codeIn(answer.body)} ${messageIn(answer.body)}`.trim().slice(0, 200);
    return new NotRead(`${request.method} ${path} was answered ${status}: ${said}`, status, asked);
  }

  /** Waits for room in the budgets, but not long; returns the seconds that are still missing. */
  async #room(budgets: Counted['budgets']): Promise<number> {
    const wait = this.#budgets.take(budgets);
    if (wait === 0 || wait > WAIT_SECONDS_MAX) return wait;
    await this.#clock.sleep(wait * 1_000);
    return this.#budgets.take(budgets);
  }
}

/**
 * Whether a 429 is about everything that is read of a subscription, because ARM itself refused or Compute says so. The others are about one VM, one
 * operation or one provider, while ARM has room (recording 72: five minutes for one operation, with 998 requests left).
 */
function isOfSubscription({ body, headers }: ArmAnswer): boolean {
  if (headers['x-ms-ratelimit-remaining-subscription-reads'] === '0') return true;
  const targets = listAt(body, 'error', 'details').map((detail) => textAt(detail, 'target') ?? '');
  // ResourceRequestsThrottled is about one action of one provider.
  return (
    /^(Subscription|Tenant)RequestsThrottled$/i.test(codeIn(body)) ||
    targets.some((target) => /Subscription/i.test(target))
  );
}
