import { RestError } from '@azure/data-tables';
import { LowtideError } from '../domain/lowtideError';

/** HTTP status of a failed storage request; null when there was no answer or the error is of another kind. */
export function httpStatusOf(error: unknown): number | null {
  return error instanceof RestError ? (error.statusCode ?? null) : null;
}

/** The service's own code, such as `TableNotFound`. */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof RestError)) return null;
  const { details } = error;
  if (typeof details === 'object' && details !== null && 'odataError' in details) {
    const { odataError } = details;
    if (typeof odataError === 'object' && odataError !== null && 'code' in odataError)
      return typeof odataError.code === 'string' ? odataError.code : null;
  }
  return error.code ?? null;
}

const isSilence = (error: unknown): boolean =>
  (error instanceof Error && error.name === 'AbortError') ||
  (error instanceof RestError && error.statusCode === undefined);

const mayPass = (status: number | null): boolean =>
  status !== null && (status >= 500 || status === 408 || status === 429);

/**
 * What a person can do something about becomes a LowtideError that names the host, never the connection string, for it holds the key.
 * Anything else is a broken assumption of ours and stays as it is.
 */
export function explainStorageError(error: unknown, host: string, table: string): unknown {
  const status = httpStatusOf(error);
  if (isSilence(error))
    return unavailable(error, {
      what: `The table storage at ${host} does not answer.`,
      why: `${nameOf(error)} while using table ${table}.`,
      fix: 'Locally, check that Azurite runs and listens there; in Azure, check the account named in AzureWebJobsStorage, its firewall and your network.',
    });
  if (status === 401 || status === 403)
    return unavailable(error, {
      what: `The table storage at ${host} refuses the credentials.`,
      why: `It answered ${status} ${codeOf(error) ?? ''} for table ${table}.`,
      fix: 'Check the account key or shared access signature in AzureWebJobsStorage, the firewall of the account, and the clock of this machine.',
    });
  if (codeOf(error) === 'TableNotFound')
    return unavailable(error, {
      what: `The table ${table} is not in the storage at ${host}, although it has just been made.`,
      why: 'Table names ignore case: another table of this name in other letters, such as one of the durable hub, makes Azurite answer that it exists and then that it does not. Or it was deleted a moment ago, and is still being removed.',
      fix: `List the tables of the account. If one has the name ${table} in another case, rename the hub (extensions.durableTask.hubName in host.json) or remove that table; if it was deleted, try again in a minute.`,
    });
  if (mayPass(status))
    return unavailable(error, {
      what: `The table storage at ${host} cannot answer now.`,
      why: `It answered ${String(status)} ${codeOf(error) ?? ''} for table ${table}, also after retries.`,
      fix: 'Try again later; if it persists, look at the health and the throttling metrics of the storage account.',
    });
  return error;
}

function unavailable(cause: unknown, detail: { what: string; why: string; fix: string }): LowtideError {
  return new LowtideError('STORAGE_UNAVAILABLE', detail, { cause });
}

function nameOf(error: unknown): string {
  if (error instanceof Error && error.name === 'AbortError') return 'No answer in time';
  return codeOf(error) ?? 'No answer';
}
