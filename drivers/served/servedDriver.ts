import type { z } from 'zod';
import type { FleetDriver } from '../driver';
import { WIRE, type Method } from './driverWire';

const ANSWER_MS_MAX = 60_000;

/**
 * A driver that another process serves (`serveDriver`), so that several hosts have one fleet. As with any driver a method that throws has
 * an unknown outcome: the request may have come, and its answer been lost.
 */
export function servedDriver({
  url,
  nowUtc,
}: {
  readonly url: string;
  readonly nowUtc: () => string;
}): FleetDriver {
  const ask = async <M extends Method>(
    method: M,
    input: z.input<(typeof WIRE)[M]['input']>,
  ): Promise<z.output<(typeof WIRE)[M]['output']>> => {
    const response = await fetch(`${url.replace(/\/+$/, '')}/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ nowUtc: nowUtc(), input }),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    });
    if (response.status !== 200)
      throw new Error(`${method} was answered ${response.status} by ${url}: ${await response.text()}`);
    return WIRE[method].output.parse(await response.json()) as z.output<(typeof WIRE)[M]['output']>;
  };
  return {
    kind: 'served',
    listVirtualMachines: (cursor) => ask('listVirtualMachines', { cursor }),
    readVirtualMachine: (id) => ask('readVirtualMachine', { id }),
    startAssessment: (id, activityId) =>
      ask('startAssessment', activityId === undefined ? { id } : { id, activityId }),
    startInstallation: (id, request) =>
      ask('startInstallation', {
        id,
        request: JSON.parse(JSON.stringify(request)) as z.input<
          (typeof WIRE)['startInstallation']['input']
        >['request'],
      }),
    startExtensionInstallation: (id, notAfterUtc) =>
      ask('startExtensionInstallation', notAfterUtc === undefined ? { id } : { id, notAfterUtc }),
    readOperation: (operationId) => ask('readOperation', { operationId }),
    probeHealth: (id) => ask('probeHealth', { id }),
  };
}
