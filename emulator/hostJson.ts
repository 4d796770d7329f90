import { z } from 'zod';

/**
 * host.json as the Functions host 4 and the durable extension 3 read it; where the names come from: docs/host.md. The emulator obeys what
 * `HostJson` names and knows the rest by name, so that a misspelt member is noticed: the real host ignores it without a word.
 */

/** `hh:mm:ss`, with days in front if need be, as .NET writes a TimeSpan. */
const TIME_SPAN = /^(?:(\d+)\.)?(\d{1,2}):([0-5]\d):([0-5]\d)$/;

const TimeSpan = z
  .string()
  .regex(TIME_SPAN, 'is not a time span: write hh:mm:ss, for example 00:02:00')
  .transform(millisecondsOf);

/** .NET reads a number that is written as a text, as app settings are, too. */
const Whole = z.union([
  z.int(),
  z
    .string()
    .regex(/^\d{1,9}$/, 'is not a whole number')
    .transform(Number),
]);

const StorageProvider = z.object({
  partitionCount: Whole.pipe(z.int().min(1).max(16)).default(4),
  controlQueueVisibilityTimeout: TimeSpan.default(300_000),
  workItemQueueVisibilityTimeout: TimeSpan.default(300_000),
  maxQueuePollingInterval: TimeSpan.optional(),
});

const DurableTask = z.object({
  hubName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9]{2,44}$/, 'must be 3 to 45 letters and digits, a letter first')
    .default('TestHubName'),
  defaultVersion: z.string().optional(),
  versionMatchStrategy: z.enum(['None', 'Strict', 'CurrentOrOlder']).default('CurrentOrOlder'),
  versionFailureStrategy: z.enum(['Reject', 'Fail']).default('Reject'),
  maxConcurrentActivityFunctions: Whole.pipe(z.int().positive()).optional(),
  storageProvider: StorageProvider.prefault({}),
});

const HostJson = z.object({
  version: z.literal('2.0').optional(),
  functionTimeout: z.union([z.literal('-1'), TimeSpan]).optional(),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().optional() }).optional(),
      durableTask: DurableTask.prefault({}),
    })
    .prefault({}),
});
type HostJson = z.output<typeof HostJson>;

/** Members by their spelling in the documentation. `true`: whatever stands there is not looked into. */
interface Members {
  readonly [name: string]: true | Members;
}

const KNOWN: Members = {
  version: true,
  functionTimeout: true,
  aggregator: true,
  concurrency: true,
  customHandler: true,
  extensionBundle: { id: true, version: true },
  functions: true,
  healthMonitor: true,
  logging: { applicationInsights: true, console: true, fileLoggingMode: true, logLevel: true },
  managedDependency: true,
  retry: true,
  singleton: true,
  telemetryMode: true,
  watchDirectories: true,
  watchFiles: true,
  extensions: {
    blobs: true,
    cosmosDB: true,
    eventHubs: true,
    http: {
      customHeaders: true,
      dynamicThrottlesEnabled: true,
      hsts: true,
      maxConcurrentRequests: true,
      maxOutstandingRequests: true,
      routePrefix: true,
    },
    queues: true,
    sendGrid: true,
    serviceBus: true,
    signalR: true,
    tables: true,
    durableTask: {
      hubName: true,
      defaultVersion: true,
      versionMatchStrategy: true,
      versionFailureStrategy: true,
      maxConcurrentActivityFunctions: true,
      maxConcurrentOrchestratorFunctions: true,
      maxConcurrentEntityFunctions: true,
      maxEntityOperationBatchSize: true,
      maxOrchestrationActions: true,
      extendedSessionsEnabled: true,
      extendedSessionIdleTimeoutInSeconds: true,
      useAppLease: true,
      useGracefulShutdown: true,
      storeInputsInOrchestrationHistory: true,
      maxGrpcMessageSizeInBytes: true,
      grpcHttpClientTimeout: true,
      localRpcEndpointEnabled: true,
      overridableExistingInstanceStates: true,
      entityMessageReorderWindowInMinutes: true,
      httpSettings: { defaultAsyncRequestSleepTimeMilliseconds: true, useForwardedHost: true },
      notifications: true,
      storageProvider: {
        type: true,
        connectionName: true,
        connectionStringName: true,
        controlQueueBatchSize: true,
        controlQueueBufferThreshold: true,
        controlQueueVisibilityTimeout: true,
        FetchLargeMessagesAutomatically: true,
        maxQueuePollingInterval: true,
        partitionCount: true,
        QueueClientMessageEncoding: true,
        trackingStoreConnectionName: true,
        trackingStoreConnectionStringName: true,
        trackingStoreNamePrefix: true,
        useLegacyPartitionManagement: true,
        useTablePartitionManagement: true,
        workItemQueueVisibilityTimeout: true,
      },
      tracing: {
        distributedTracingEnabled: true,
        distributedTracingProtocol: true,
        traceInputsAndOutputs: true,
        traceReplayEvents: true,
        version: true,
      },
    },
  },
};

export interface ReadHostJson {
  readonly settings: HostJson;
  /** Paths of members that neither the host nor the extension has. */
  readonly unknown: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a ZodError when a member has a value that the real host refuses. `environment`: its app settings go before what the file says. */
export function parseHostJson(json: unknown, environment: Environment = {}): ReadHostJson {
  const unknown: string[] = [];
  const named = inTheirSpelling(json, KNOWN, '', unknown);
  for (const override of overridesIn(environment))
    if (isJsonObject(named)) merge(named, inTheirSpelling(override, KNOWN, '', unknown));
  return { settings: HostJson.parse(named), unknown };
}

type JsonObject = Record<string, unknown>;

/** Of `AzureFunctionsJobHost__extensions__durableTask__hubName` and the like: the member that it names, as it would stand in the file. */
function overridesIn(environment: Environment): JsonObject[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    const [section = '', ...path] = name.split(/__|:/);
    if (section.toLowerCase() !== 'azurefunctionsjobhost' || value === undefined || value === '') return [];
    const [last, ...outer] = path.reverse();
    if (last === undefined) return [];
    return [outer.reduce<JsonObject>((inner, member) => ({ [member]: inner }), { [last]: value })];
  });
}

function merge(into: JsonObject, from: unknown): void {
  for (const [name, value] of isJsonObject(from) ? Object.entries(from) : []) {
    const before = into[name];
    if (isJsonObject(before) && isJsonObject(value)) merge(before, value);
    else into[name] = value;
  }
}

const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** .NET reads names without regard to case: gives each known member its documented spelling, and notes the others. */
function inTheirSpelling(value: unknown, members: Members, path: string, unknown: string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const spelling = new Map(Object.keys(members).map((name) => [name.toLowerCase(), name]));
  const result: Record<string, unknown> = {};
  for (const [given, inner] of Object.entries(value)) {
    const name = spelling.get(given.toLowerCase());
    const known = name === undefined ? undefined : members[name];
    if (name === undefined || known === undefined) unknown.push(`${path}${given}`);
    else result[name] = known === true ? inner : inTheirSpelling(inner, known, `${path}${name}.`, unknown);
  }
  return result;
}

function millisecondsOf(text: string): number {
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = TIME_SPAN.exec(text) ?? [];
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
