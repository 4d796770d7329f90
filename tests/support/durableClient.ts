/** What durable-functions 3.5 throws when the host answers 404 to a question for an instance. */
export function instanceNotFound(instanceId: string): Error {
  return new Error(
    'DurableClient error: Durable Functions extension replied with HTTP 404 response. ' +
      `This usually means we could not find any data associated with the instanceId provided: ${instanceId}.`,
  );
}
