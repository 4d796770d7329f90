import type { RegisteredFunction } from '../../emulator/coreApi';

const TRIGGERS: Readonly<Record<string, string>> = {
  orchestrationTrigger: 'OrchestrationTrigger',
  entityTrigger: 'EntityTrigger',
  activityTrigger: 'ActivityTrigger',
};

/** C# that registers the app's durable functions with the extension: a trigger of type string makes it use the protocol of other languages. */
export function functionsSource(functions: readonly RegisteredFunction[]): string {
  const methods = functions.flatMap(({ name, trigger }, n) => {
    const attribute = TRIGGERS[trigger.type];
    if (attribute === undefined) return [];
    return `    [FunctionName("${name}")] public static Task<object> F${n}([${attribute}] string context) => Worker.Invoke("${name}", context);`;
  });
  return [
    'using Microsoft.Azure.WebJobs;',
    'using Microsoft.Azure.WebJobs.Extensions.DurableTask;',
    'public static class Functions',
    '{',
    ...methods,
    '}',
    '',
  ].join('\n');
}
