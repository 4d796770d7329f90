/** Ends an orchestration as failed with this message, as an error in its own code would. */
export class OrchestrationFault extends Error {}

export function unknownFunction(
  name: string,
  kind: 'orchestrator' | 'activity' | 'entity',
  known: readonly string[],
): string {
  const names = known.map((each) => `'${each}'`).join(', ');
  return `The function '${name}' doesn't exist, is disabled, or is not an ${kind} function. Additional info: The following are the known ${kind} functions: ${names}.`;
}
