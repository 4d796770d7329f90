import { assertNever } from '../../domain/assertNever';
import type { Effect } from '../../drivers/simulated/scenario';
import type { ArmAnswer } from './armRoute';

/** What is answered where Azure itself fails: JSON, HTML or nothing, and never a Retry-After. Source: recordings 21, 71 and 73. */
export function failedAnswer(failure: Effect['failure'], nowUtc: string): ArmAnswer {
  switch (failure) {
    case 'empty503':
      return { status: 503 };
    case 'serverTimeout503': {
      const timestamp = nowUtc.replaceAll(/[-:]|\.\d+/g, '');
      const message = `The request timed out. Diagnostic information: timestamp '${timestamp}'.`;
      return jsonAnswer(503, 'gateway', 'ServerTimeout', message);
    }
    case 'html503':
      return {
        status: 503,
        body: '<!DOCTYPE HTML><HTML><HEAD><TITLE>Service Unavailable</TITLE></HEAD><BODY><h2>Service Unavailable</h2><hr><p>HTTP Error 503. The service is unavailable.</p></BODY></HTML>',
        headers: { 'content-type': 'text/html; charset=us-ascii', 'x-ms-failure-cause': 'service' },
      };
    case 'badGateway502': {
      const message =
        "The network connectivity issue encountered for 'Microsoft.Compute'; cannot fulfill the request.";
      return jsonAnswer(502, 'service', 'BadGatewayConnection', message);
    }
    case 'gatewayTimeout504': {
      const message =
        "The gateway did not receive a response from 'Microsoft.Compute' within the specified time period.";
      return jsonAnswer(504, 'service', 'GatewayTimeout', message);
    }
    case 'entityNotFound404': {
      const message = 'The entity was not found in this Azure location.';
      return { status: 404, body: { error: { code: 'NotFound', message } } };
    }
    default:
      return assertNever(failure);
  }
}

function jsonAnswer(status: number, cause: 'gateway' | 'service', code: string, message: string): ArmAnswer {
  return { status, body: { error: { code, message } }, headers: { 'x-ms-failure-cause': cause } };
}
