import { z } from 'zod';
import type { Services } from '../../activities/services';
import { Utc, VmId, resourceName } from '../../domain/ids';
import { ListedPatch } from '../../domain/patches';
import { lackedAt, type VmPatches } from '../../store/patches';
import { fleetView } from '../fleetView';
import { instantIn } from '../queryValues';
import type { OperatorRequest, OperatorRoute } from '../route';
import { SELECTOR_QUERY } from '../selectorQuery';
import { instantParameter, named, pageOfShape } from '../shapes/shared';
import { complianceAnswer } from './complianceAnswer';
import { PATCH, patchFilter } from './listPatches';
import { PAGE_QUERY, pageSizeIn, selectionOf } from './outcomesInTime';

const Row = named(
  'MissingPatch',
  z.object({
    vmId: VmId,
    vmName: z.string(),
    state: z.enum(['missing', 'notAssessed']),
    /** By the assessment of this instant; null when it had not been assessed by then. */
    assessedUtc: Utc.nullable(),
    kbId: ListedPatch.shape.kbId,
    name: z.string().nullable(),
    version: z.string().nullable(),
    classification: z.string().nullable(),
  }),
  'A Critical or Security patch that a VM lacked; or that a VM had not been assessed.',
);
type Row = z.input<typeof Row>;

const QUERY = {
  ...SELECTOR_QUERY,
  patch: PATCH,
  on: instantParameter('As of this instant; now without it. A day is its beginning in UTC.'),
  state: { about: 'Only these rows.', schema: Row.shape.state },
  ...PAGE_QUERY,
};

/** VMs that one page looks at. */
const LOOKED_AT = 1_000;
/** Behind the VMs that were ever assessed come those of the fleet that were not. */
const UNASSESSED = '~unassessed~';

export const listMissing: OperatorRoute = {
  name: 'listMissingPatches',
  methods: ['GET'],
  role: 'reader',
  route: 'api/compliance/missing',
  query: QUERY,
  description: {
    summary:
      'Which VMs lacked which Critical and Security patches on a day, as far as they had been assessed by then.',
    answers: { 200: { about: 'A page.', schema: pageOfShape(Row), orCsv: true } },
  },
  handler: async (request, { services }) => {
    const after = request.query('after') ?? '';
    const page = after.startsWith(UNASSESSED)
      ? await neverAssessed(services, request, after.slice(UNASSESSED.length))
      : await missing(services, request, after);
    return complianceAnswer(request, QUERY, Object.keys(Row.shape), page);
  },
};

interface Page {
  readonly value: readonly Row[];
  readonly next: string | null;
}

async function missing(services: Services, request: OperatorRequest, after: string): Promise<Page> {
  const onUtc = instantIn(request, 'on') ?? services.nowUtc();
  const [isSelected, isWanted] = [await selectionOf(services, request), patchFilter(request)];
  const size = pageSizeIn(request);
  const state = request.query('state');
  const { value: vms, next } = await services.patches.page(after, Math.min(LOOKED_AT, size));
  const value: Row[] = [];
  for (const vm of vms) if (isSelected(vm.vmId)) value.push(...(await rowsOf(services, vm, onUtc, isWanted)));
  return {
    value: value.filter((row) => state === null || row.state === state),
    next: next ?? (state === 'missing' ? null : UNASSESSED),
  };
}

async function rowsOf(
  { patches }: Services,
  vm: VmPatches,
  onUtc: string,
  isWanted: (patch: ListedPatch) => boolean,
): Promise<readonly Row[]> {
  const { vmId } = vm;
  const found = await lackedAt(patches, vm, onUtc);
  if (found === null) return [notAssessed(vmId)];
  const { assessedUtc, lacked } = found;
  return lacked.filter(isWanted).map(({ kbId, name, version, classification }) => ({
    vmId,
    vmName: resourceName(vmId),
    state: 'missing',
    assessedUtc,
    kbId,
    name,
    version,
    classification,
  }));
}

/** From behind a VM, in the order of their ids: what comes or goes between two pages moves no other. */
async function neverAssessed(services: Services, request: OperatorRequest, after: string): Promise<Page> {
  const isSelected = await selectionOf(services, request);
  const { vms } = await fleetView(services);
  const first = after === '' ? 0 : vms.findIndex(({ vm }) => vm.id > after);
  const rest = first < 0 ? [] : vms.slice(first, first + LOOKED_AT + 1).map(({ vm }) => vm.id);
  const looked = rest.slice(0, LOOKED_AT);
  const rows = await Promise.all(looked.map((vmId) => services.patches.read(vmId)));
  const value = looked.filter((vmId, n) => rows[n] === null && isSelected(vmId)).map(notAssessed);
  return { value, next: rest.length > LOOKED_AT ? `${UNASSESSED}${looked.at(-1) ?? ''}` : null };
}

const notAssessed = (vmId: VmId): Row => ({
  vmId,
  vmName: resourceName(vmId),
  state: 'notAssessed',
  assessedUtc: null,
  kbId: null,
  name: null,
  version: null,
  classification: null,
});
