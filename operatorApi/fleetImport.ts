import { z } from 'zod';
import { EntityId } from 'durable-functions';
import { movedSets } from '../activities/fleet/followMoved';
import { takeListing } from '../activities/fleet/takeListing';
import { wakeForInventory } from '../activities/rollout/wake';
import { appServices, simulatedOf } from '../composition/compose';
import { instanceStatus, startInstance } from '../composition/orchestrationInstances';
import { isSupportedImage, settingThatSupports } from '../domain/images';
import { LowtideError } from '../domain/lowtideError';
import type { Policy } from '../domain/policy';
import type { VirtualMachine } from '../domain/virtualMachine';
import { decodeText } from '../drivers/fleet/decodeText';
import { parseFleet } from '../drivers/fleet/parseFleet';
import { disruptionLedger } from '../entities/contracts';
import { acceptListingRoute } from './acceptListing';
import { forgetFleetView } from './fleetView';
import { listFleet } from './listFleet';
import type { OperatorRoute } from './route';

/** How messages call what was sent. */
const SENT = 'the request body';

/** As many are imported within the request, beside Azurite in two seconds. More are imported in steps, and the request is answered before. */
const WITHIN_REQUEST_MAX = 1000;

const FleetImported = z.object({
  vmCount: z.number().int(),
  availabilitySetCount: z.number().int(),
  notes: z.array(z.string()),
});

const FleetImport = z.object({
  state: z.enum(['running', 'done', 'failed']),
  vmCount: z.number().int(),
  /** Of these, how many stand in the inventory as the file has them. */
  importedCount: z.number().int(),
});

const IMPORT_ID = /^fleet-import-[0-9a-z-]{1,40}$/;
const Progress = z.object({ vmCount: z.number().int(), remaining: z.number().int() });

/** Loads a fleet file into the simulated Azure; everything in it, or, when a record is malformed, nothing. */
const postFleet: OperatorRoute = {
  name: 'postFleet',
  methods: ['POST'],
  role: 'operator',
  route: 'api/fleet',
  query: {},
  description: {
    summary:
      'Loads a fleet file into the simulated Azure (the simulated driver only), in the place of the one there was.',
    body: {
      about: 'A fleet file, see docs/fleet-files.md: JSON in one of the shapes that Azure tools write.',
      contentTypes: ['application/json'],
    },
    answers: {
      200: { about: 'What was imported.', schema: FleetImported },
      202: {
        about: `More than ${WITHIN_REQUEST_MAX} VMs: they are loaded, and taken into the inventory in steps; Location shows how far it is.`,
        schema: FleetImported,
      },
    },
    errors: ['FLEET_MALFORMED', 'REQUEST_INVALID', 'DRIVER_CANNOT'],
  },
  handler: async (request, { services: before, client }) => {
    const fleet = parseFleet(decodeText(await request.bytes(), SENT), SENT);
    await simulatedOf(before).driver.loadFleet(fleet);
    const services = { ...before, policy: (await appServices()).policy };
    const { vms, availabilitySets } = fleet;
    const notes = [...fleet.notes, ...imageNotes(vms, services.policy)];
    const jsonBody = { vmCount: vms.length, availabilitySetCount: availabilitySets.size, notes };
    if (vms.length > WITHIN_REQUEST_MAX) {
      const sweepUtc = services.nowUtc();
      const instanceId = `fleet-import-${sweepUtc.replace(/\D/g, '')}`;
      await startInstance(client, 'inventorySweep', { instanceId, input: { sweepUtc, accept: true } });
      return { status: 202, headers: { location: `/api/fleet/imports/${instanceId}` }, jsonBody };
    }
    const { moved } = await takeListing(services, { accept: true });
    for (const { ledger, ...set } of movedSets(moved))
      await client.signalEntity(new EntityId(disruptionLedger.name, ledger), 'followSet', set);
    await wakeForInventory(services);
    forgetFleetView(services);
    return { status: 200, jsonBody };
  },
};

/** The images of a posted fleet are judged by this host's own profile, which a file on the command line chooses by itself. */
function imageNotes(vms: readonly VirtualMachine[], policy: Policy): readonly string[] {
  const bySetting = new Map<string, number>();
  for (const { image } of vms) {
    if (image === null || isSupportedImage(image, policy)) continue;
    const setting = settingThatSupports(image, policy);
    if (setting.startsWith('LOWTIDE_IMAGE_PROFILE'))
      bySetting.set(setting, (bySetting.get(setting) ?? 0) + 1);
  }
  return [...bySetting].map(
    ([setting, count]) =>
      `${count} VMs have images that are not in the profile '${policy.imageProfile}' of this host; ${setting} takes them in.`,
  );
}

/** How far an import of a large fleet has come. */
const showFleetImport: OperatorRoute = {
  name: 'showFleetImport',
  methods: ['GET'],
  role: 'reader',
  route: 'api/fleet/imports/{id}',
  query: {},
  description: {
    summary: 'How far the import of a large fleet has come.',
    answers: { 200: { about: 'Its state.', schema: FleetImport } },
    errors: ['NOT_FOUND'],
  },
  handler: async (request, { services, client }) => {
    const id = request.parameter('id');
    const status = IMPORT_ID.test(id) ? await instanceStatus(client, id) : null;
    if (status === null)
      throw new LowtideError('NOT_FOUND', {
        what: `There is no import '${id}'.`,
        why: 'It was never started, or ended more than 45 days ago.',
        fix: 'POST /api/fleet answers a large fleet with the address of its import.',
      });
    const { vmCount, remaining } = Progress.catch({ vmCount: 0, remaining: 0 }).parse(status.customStatus);
    forgetFleetView(services);
    return {
      jsonBody: {
        state: STATES[status.runtimeStatus] ?? 'failed',
        vmCount,
        importedCount: vmCount - remaining,
      },
    };
  },
};

const STATES: Readonly<Record<string, 'running' | 'done'>> = {
  Pending: 'running',
  Running: 'running',
  ContinuedAsNew: 'running',
  Completed: 'done',
};

export const fleetRoutes: readonly OperatorRoute[] = [
  listFleet,
  postFleet,
  showFleetImport,
  acceptListingRoute,
];
