import { VmId } from '../../domain/ids';
import type { VmResource } from '../../drivers/simulated/resources/resourceContracts';
import { plainQuery, QUERIES, type QueryName } from '../../drivers/azure/queries';
import { ArmError } from '../http/armError';
import type { ArmAnswer, ArmContext, ArmRequest, ArmRoute } from '../http/armRoute';
import { armTime } from '../http/armTime';
import { at, objectAt, type JsonObject } from '../http/json';
import { CONFIGURATION } from '../patching/patchMembers';
import { shownModel } from './shownModel';

/** Azure's default, and the most it takes. */
const ROWS_DEFAULT = 100;
const ROWS_MAX = 1_000;
/** What a first query leaves of the quota of a principal (42). It is not counted down here: clients wait by clocks that are not this one's. */
const QUOTA = { 'x-ms-user-quota-remaining': '14', 'x-ms-user-quota-resets-after': '00:00:05' };

/** What a query finds, in the order of its keys, and the row of each: only those of the page are made. */
interface Found {
  readonly keys: readonly string[];
  readonly rowOf: (key: string) => JsonObject | null;
}

type Find = (subscriptions: readonly string[], context: ArmContext) => Found | Promise<Found>;

/** Lowtide's own queries, each answered from the same VMs as everything else. */
const SERVED: Readonly<Record<QueryName, Find>> = {
  virtualMachines: (subscriptions, context) => {
    const { resources } = context.services.driver;
    const rowOf = (id: string): JsonObject | null => {
      const found = resources.virtualMachine(VmId.parse(id));
      return found && vmRow(found);
    };
    return { keys: vmIdsOf(subscriptions, context), rowOf };
  },
  subscriptions: (subscriptions) => ({
    keys: subscriptions.toSorted(),
    rowOf: (subscriptionId) => ({
      id: `/subscriptions/${subscriptionId}`,
      subscriptionId,
      name: subscriptionId,
      state: 'Enabled',
    }),
  }),
  // There are no maintenance configurations in the simulated Azure.
  assignments: () => ({ keys: [], rowOf: () => null }),
  assessments: async (subscriptions, context) => {
    const rows = new Map<string, JsonObject>();
    for (const id of vmIdsOf(subscriptions, context)) {
      const row = await assessmentRow(id, context);
      if (row !== null) rows.set(id, row);
    }
    return { keys: [...rows.keys()], rowOf: (id) => rows.get(id) ?? null };
  },
};

/** A query that is refused counts against the quota as any other (41). */
async function answerCounted(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  try {
    return await answerQuery(request, context);
  } catch (error) {
    if (!(error instanceof ArmError) || error.status !== 400) throw error;
    return { status: error.status, body: { error: error.body }, headers: QUOTA };
  }
}

async function answerQuery(request: ArmRequest, context: ArmContext): Promise<ArmAnswer> {
  const { body } = request;
  const options = objectAt(body, 'options');
  const subscriptions = scopeOf(body, context);
  const { keys, rowOf } = await SERVED[queryOf(at(body, 'query'))](subscriptions, context);
  if (options['resultFormat'] !== undefined && options['resultFormat'] !== 'objectArray')
    throw badRequest('InvalidOptions', 'Only the resultFormat objectArray is served here.');
  const top = options['$top'] ?? ROWS_DEFAULT;
  if (typeof top !== 'number' || !Number.isInteger(top) || top < 1 || top > ROWS_MAX)
    throw badRequest('InvalidOptions', `$top is a whole number from 1 to ${ROWS_MAX}.`);
  const after = lastKeyOf(options['$skipToken']);
  const rest = keys.filter((key) => key > after);
  const page = rest.slice(0, top);
  const data = page.map(rowOf).filter((row) => row !== null);
  const answer: Record<string, unknown> = {
    totalRecords: keys.length,
    count: data.length,
    data,
    facets: [],
    // A string, and false also where there is more (41).
    resultTruncated: 'false',
  };
  if (page.length < rest.length)
    answer['$skipToken'] = Buffer.from(JSON.stringify({ after: page.at(-1) })).toString('base64url');
  return { status: 200, body: answer, headers: QUOTA };
}

function queryOf(written: unknown): QueryName {
  const plain = typeof written === 'string' ? plainQuery(written) : '';
  const found = Object.entries(QUERIES).find(([, query]) => plainQuery(query) === plain)?.[0];
  if (found === undefined)
    throw badRequest(
      'InvalidQuery',
      'Query is invalid. The simulated Azure has no Kusto: it serves the queries that Lowtide itself sends, which are in drivers/azure/queries.ts.',
    );
  return found as QueryName;
}

/** Those of the request that exist; what does not is left out in silence, as Azure does. 403 when none is left. */
function scopeOf(body: unknown, { services }: ArmContext): readonly string[] {
  const known = services.driver.resources.subscriptions().map((id) => id.toLowerCase());
  const subscriptions = at(body, 'subscriptions');
  if (!Array.isArray(subscriptions)) return known;
  const wanted = subscriptions.map((id) => String(id).toLowerCase());
  const found = known.filter((id) => wanted.includes(id));
  if (found.length > 0 || wanted.length === 0) return found;
  throw new ArmError(
    403,
    'AuthorizationFailed',
    'The client does not have authorization to perform the operation on any of the provided subscriptions.',
  );
}

/** The last key of the page before: what comes or goes between two pages moves no other row. */
function lastKeyOf(token: unknown): string {
  if (token === undefined || token === null) return '';
  if (typeof token !== 'string') throw badRequest('InvalidSkipToken', 'The $skipToken is no text.');
  try {
    const after = at(JSON.parse(Buffer.from(token, 'base64url').toString()), 'after');
    if (typeof after === 'string') return after;
  } catch {
    // falls through: what is no token of this API is refused as one that has expired
  }
  throw badRequest('InvalidSkipToken', 'The $skipToken is not of this query, or has expired.');
}

/** The cause is in the details (recordings README, 38). */
function badRequest(code: string, message: string): ArmError {
  const details = [{ code, message }];
  const support = 'Please provide below info when asking for support: the query and its details.';
  return new ArmError(400, 'BadRequest', support, undefined, undefined, details);
}

/** In the order of the ids, which is not that of the subscriptions: in an id, a slash follows. */
function vmIdsOf(subscriptions: readonly string[], { services }: ArmContext): readonly VmId[] {
  return subscriptions
    .flatMap((subscriptionId) => services.driver.resources.virtualMachineIds({ subscriptionId }))
    .sort();
}

/** As the query projects it. Resource Graph writes the group in lower case (40), and null for what is not there. */
function vmRow(resource: VmResource): JsonObject {
  const { armId, vm, model, vmId } = resource;
  const properties = objectAt(shownModel(model), 'properties');
  const os = vm.osType ?? '';
  const configuration = at(properties, 'osProfile', CONFIGURATION[vm.osType ?? 'Linux']);
  const image = at(properties, 'storageProfile', 'imageReference');
  const settings = at(configuration, 'patchSettings');
  const platform = at(settings, 'automaticByPlatformSettings');
  const text = (from: unknown, ...path: string[]): string => {
    const found = at(from, ...path);
    return typeof found === 'string' ? found : '';
  };
  return {
    id: armId.replace(/(?<=\/resourceGroups\/)[^/]+/i, (group) => group.toLowerCase()),
    key: armId.toLowerCase(),
    subscriptionId: vm.subscriptionId,
    location: vm.region,
    zones: vm.zone === null ? null : [vm.zone],
    tags: vm.tags,
    os,
    vmId,
    vmSize: text(properties, 'hardwareProfile', 'vmSize'),
    availabilitySet:
      text(properties, 'availabilitySet', 'id') || text(properties, 'virtualMachineScaleSet', 'id'),
    publisher: text(image, 'publisher'),
    offer: text(image, 'offer'),
    sku: text(image, 'sku'),
    version: text(image, 'version'),
    imageId:
      text(image, 'id') || text(image, 'sharedGalleryImageId') || text(image, 'communityGalleryImageId'),
    timeZone: text(configuration, 'timeZone'),
    provisionVMAgent: at(configuration, 'provisionVMAgent') ?? null,
    enableAutomaticUpdates: at(configuration, 'enableAutomaticUpdates') ?? null,
    patchMode: text(settings, 'patchMode'),
    assessmentMode: text(settings, 'assessmentMode'),
    rebootSetting: text(platform, 'rebootSetting'),
    bypass: at(platform, 'bypassPlatformSafetyChecksOnUserSchedule') ?? null,
  };
}

/** Of a VM that was assessed: the names of the documented row, which recording 15 has too. */
async function assessmentRow(id: VmId, { services }: ArmContext): Promise<JsonObject | null> {
  const last = (await services.driver.readVirtualMachine(id))?.lastAssessment ?? null;
  if (last === null || last.status === 'InProgress') return null;
  return {
    id: `${id}/patchassessmentresults/latest`,
    status: last.status,
    assessmentActivityId: last.assessmentActivityId,
    rebootPending: last.rebootPending,
    availablePatchCountByClassification: {
      security: last.criticalAndSecurityPatchCount,
      critical: 0,
      other: last.otherPatchCount,
    },
    startDateTime: armTime(last.startTime),
    lastModifiedDateTime: armTime(last.lastModifiedTime),
  };
}

export const resourceGraphRoutes: readonly ArmRoute[] = [
  {
    name: 'armQueryResourceGraph',
    route: 'providers/Microsoft.ResourceGraph/resources',
    methods: ['POST'],
    family: 'resources',
    role: 'reader',
    handler: answerCounted,
  },
];
