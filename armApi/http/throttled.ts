import { assertNever } from '../../domain/assertNever';
import type { Effect } from '../../drivers/simulated/scenario';
import type { ArmAnswer } from './armRoute';

/** Which of the bodies that Azure answers 429 with. None of them comes with Retry-After. Source: recordings 15 and 72. */
export type ThrottleShape = Effect['shape'];

/** An answer that is no ARM error, thrown by what finds that out. */
export class AnswerInstead extends Error {
  override readonly name = 'AnswerInstead';
  constructor(readonly answer: ArmAnswer) {
    super(`The request is answered ${answer.status}.`);
  }
}

/** What is asked for, for the messages. */
export interface Throttled {
  readonly subscriptionId: string;
  readonly method: string;
  /** As `VMGuestPatchOperationResource`. */
  readonly quota: string;
  readonly max: number;
  readonly nowUtc: string;
}

export function throttledAnswer(shape: ThrottleShape, about: Throttled): ArmAnswer {
  const status = 429;
  switch (shape) {
    case 'compute':
      return { status, body: { error: computeError(about) } };
    case 'resource': {
      const message = `Number of requests for action 'Microsoft.Compute/virtualMachines/${about.method.toLowerCase()}' exceeded the limit of '${about.max}' for time interval '00:03:00'. Please try again after '60' seconds.`;
      return {
        status,
        body: { error: { code: 'ResourceRequestsThrottled', message } },
        headers: { 'x-ms-failure-cause': 'gateway' },
      };
    }
    case 'subscription': {
      const message = `Number of requests for subscription '${about.subscriptionId}' and operation '${about.method}/SUBSCRIPTIONS/RESOURCEGROUPS/PROVIDERS/MICROSOFT.COMPUTE/VIRTUALMACHINES/' exceeded the backend storage limit. Please try again after '6' seconds.`;
      return { status, body: { error: { code: 'SubscriptionRequestsThrottled', message } } };
    }
    case 'retryable': {
      const details = [
        {
          code: 'RetryableErrorDueToAnotherOperation',
          message: 'Another operation is updating the resource. Retry the request later.',
        },
      ];
      const message = 'A retryable error occurred.';
      return { status, body: { error: { code: 'RetryableError', message, details } } };
    }
    case 'withoutEnvelope':
      return { status, body: withoutEnvelope() };
    case 'plainText':
      return {
        status,
        body: `You have reached the limit of allowed '${about.quota}' API calls.Please retry after '${about.nowUtc.replace(/\.\d+Z$/, '.0000000Z')}' UTC.`,
        headers: { 'content-type': 'text/plain; charset=utf-8' },
      };
    default:
      return assertNever(shape);
  }
}

/** Source: hashicorp/terraform-provider-azurerm issue 19146. */
function computeError({ quota, max, nowUtc }: Throttled): unknown {
  const measured = {
    operationGroup: quota,
    startTime: new Date(Date.parse(nowUtc) - 180_000).toISOString(),
    endTime: nowUtc,
    allowedRequestCount: max,
    measuredRequestCount: max + 1,
  };
  return {
    code: 'OperationNotAllowed',
    message:
      'The server rejected the request because too many requests have been received for this subscription.',
    details: [{ code: 'TooManyRequests', target: quota, message: JSON.stringify(measured) }],
    innererror: { internalErrorCode: 'TooManyRequestsReceived' },
  };
}

function withoutEnvelope(): unknown {
  const Message =
    'Cannot acquire exclusive lock to create, update or delete this resource. Retry the request later.';
  const ErrorEntity = {
    ExtendedCode: '59206',
    MessageTemplate: Message,
    Parameters: [],
    Code: '429',
    Message,
  };
  return {
    Code: '429',
    Message,
    Target: null,
    Details: [{ Message }, { Code: '429' }, { ErrorEntity }],
    Innererror: null,
  };
}
