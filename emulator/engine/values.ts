import type { RpcValue } from '../coreApi';

/**
 * How values travel between host and worker. Recorded: a boolean activity input arrives as the string "True", and null
 * and no input both arrive as undefined; strings are parsed as JSON if they happen to be JSON.
 */

export function activityInputToRpc(text: string): RpcValue | undefined {
  const value: unknown = JSON.parse(text);
  if (value === null) return undefined;
  if (typeof value === 'boolean') return { string: value ? 'True' : 'False' };
  if (typeof value === 'string') return { string: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { int: value } : { double: value };
  return { json: text };
}

/** What `activityInputToRpc` and the worker together make of the text. */
export function activityInputDirect(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (value === null) return undefined;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'string' ? parsedIfJson(value) : value;
}

function parsedIfJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The JSON text under which the host stores a function's result. An undefined result is stored as null. */
export function resultToJson(value: RpcValue | null | undefined): string {
  if (!value) return 'null';
  if (value.json !== undefined) return value.json;
  if (value.string !== undefined) return JSON.stringify(value.string);
  if (value.int !== undefined) return String(value.int);
  if (value.double !== undefined) return String(value.double);
  return value.bytes ? JSON.stringify(Buffer.from(value.bytes).toString('base64')) : 'null';
}

export function toJson(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}

/** The message of whatever was thrown: of an Error its own, of anything else its text. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A failed activity as the extension reports it; recorded, field for field. The .NET frames cannot be had here. */
export function activityFailure(name: string, error: unknown): { reason: string; details: string } {
  const message = messageOf(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const details = {
    $type: 'System.Exception, System.Private.CoreLib',
    ClassName: 'System.Exception',
    Message: ` ${message}`,
    Data: null,
    InnerException: {
      $type: 'Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException, Microsoft.Azure.WebJobs.Script',
      IsUserException: false,
      RemoteStackTrace: stack,
      RemoteMessage: message,
      RemoteTypeName: null,
      Message: `Result: Failure\nException: ${message}\nStack: ${stack}`,
      Data: { $type: 'System.Collections.ListDictionaryInternal, System.Private.CoreLib' },
      InnerException: null,
      HelpLink: null,
      Source: 'System.Private.CoreLib',
      HResult: -2146233088,
      StackTrace: '',
    },
    HelpURL: null,
    StackTraceString: null,
    RemoteStackTraceString: null,
    RemoteStackIndex: 0,
    ExceptionMethod: null,
    HResult: -2146233088,
    Source: null,
    WatsonBuckets: null,
  };
  return { reason: `Activity function '${name}' failed:  ${message}`, details: JSON.stringify(details) };
}
