import { failedAnswer } from '../../armApi/http/failedAnswer';
import { throttledAnswer, type ThrottleShape } from '../../armApi/http/throttled';
import type { ArmAnswer } from '../../armApi/http/armRoute';
import { chance } from '../../domain/seed';
import type { Effect } from '../../drivers/simulated/scenario';
import type { ArmHandler, PlainAnswer, PlainRequest } from '../../local/armServer';

/** What happens to a request between the Azure driver and Azure. */
export const WIRE_FAULTS = [
  // Answered by the front of Azure: nothing was done.
  ...['throttled', 'gatewayBefore', 'expiredToken', 'cutBefore'],
  // It was done, and the answer is another, or none, or half, or late.
  ...['gatewayAfter', 'cutAfter', 'cutInTheMiddle', 'slow'],
  // Of an operation: what was answered before is answered again, and its address has expired for good.
  ...['duplicated', 'urlExpired'],
] as const;
export type WireFault = (typeof WIRE_FAULTS)[number];

const SHAPES: readonly ThrottleShape[] = [
  ...(['compute', 'resource', 'subscription', 'retryable', 'withoutEnvelope', 'plainText'] as const),
];
const FAILURES: readonly Effect['failure'][] = [
  ...(['empty503', 'serverTimeout503', 'html503', 'badGateway502', 'gatewayTimeout504'] as const),
];
const SLOW_MS = 40;

export interface FaultyWire {
  /** Puts the faults between the driver and what answers it. */
  readonly wrap: (honest: ArmHandler) => ArmHandler;
  readonly struck: Readonly<Record<string, number>>;
}

/** Faults of one seed: which request is answered how is a function of the seed and of how many came before. */
export function faultyWire(seed: number, percent: number): FaultyWire {
  const struck: Record<string, number> = {};
  const expired = new Set<string>();
  const answered = new Map<string, PlainAnswer>();
  let count = 0;
  const wrap =
    (honest: ArmHandler): ArmHandler =>
    async (request) => {
      count += 1;
      const random = (what: string): number => chance(seed, 'wire', what, count);
      const operation = operationOf(request);
      if (operation !== null && expired.has(operation)) return plain({ status: 404 });
      const fault = random('strikes') * 100 < percent ? pick(WIRE_FAULTS, random('which')) : null;
      const isOfOperation = fault === 'duplicated' || fault === 'urlExpired';
      if (fault === null || (isOfOperation && operation === null)) {
        const answer = await honest(request);
        if (operation !== null && answer !== null) answered.set(operation, answer);
        return answer;
      }
      struck[fault] = (struck[fault] ?? 0) + 1;
      if (fault === 'urlExpired') expired.add(operation ?? '');
      const before = operation === null ? undefined : answered.get(operation);
      return before !== undefined && fault === 'duplicated'
        ? before
        : faultyAnswer(fault, request, honest, random);
    };
  return { wrap, struck };
}

async function faultyAnswer(
  fault: WireFault,
  request: PlainRequest,
  honest: ArmHandler,
  random: (what: string) => number,
): Promise<PlainAnswer | null> {
  const nowUtc = new Date(0).toISOString();
  switch (fault) {
    case 'throttled': {
      const about = { subscriptionId: 's', method: request.method, quota: 'Wire', max: 6, nowUtc };
      const { headers = {}, ...answer } = throttledAnswer(pick(SHAPES, random('shape')), about);
      const seconds = String(1 + Math.floor(random('seconds') * 300));
      return plain({
        ...answer,
        headers: random('says') < 0.5 ? headers : { ...headers, 'retry-after': seconds },
      });
    }
    case 'expiredToken':
      return plain({
        status: 401,
        body: {
          error: {
            code: 'ExpiredAuthenticationToken',
            message: 'The access token expiry is earlier than now.',
          },
        },
      });
    case 'gatewayBefore':
      return plain(failedAnswer(pick(FAILURES, random('failure')), nowUtc));
    case 'cutBefore':
      return null;
    case 'urlExpired':
      return plain({ status: 410 });
    case 'gatewayAfter':
      await honest(request);
      return plain(failedAnswer(pick(FAILURES, random('failure')), nowUtc));
    case 'cutAfter':
      await honest(request);
      return null;
    case 'cutInTheMiddle': {
      const answer = await honest(request);
      return answer === null
        ? null
        : { ...answer, cutAfter: Math.floor(answer.body.length * random('where')) };
    }
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      return honest(request);
    case 'duplicated':
      // A first answer cannot be a duplicate.
      return honest(request);
  }
}

/** The operation that a request asks about, by the id in its address. */
function operationOf({ url }: PlainRequest): string | null {
  return /\/operations\/([^/?]+)/i.exec(url)?.[1]?.toLowerCase() ?? null;
}

function plain({ status, body, headers = {} }: ArmAnswer): PlainAnswer {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: text };
}

function pick<T>(from: readonly T[], random: number): T {
  return from[Math.floor(random * from.length)] as T;
}
