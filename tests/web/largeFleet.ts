import type { Page } from 'playwright-core';
import type { VirtualMachine } from '../../domain/virtualMachine';
import { listFleet } from '../../operatorApi/listFleet';
import type { OperatorContext, OperatorRequest } from '../../operatorApi/route';
import { aVm } from '../support/builders';
import { someServices } from '../support/fakeServices';

export const LARGE = 100_000;

/** Gives the page the answers of the API's own handler for a fleet of 100,000 VMs in the place of the host's. */
export async function serveLargeFleet(browserPage: Page): Promise<void> {
  const vms = Array.from({ length: LARGE }, (_, n): VirtualMachine =>
    aVm({ name: `vm-${String(n).padStart(6, '0')}`, region: n % 2 === 0 ? 'eastus' : 'westeurope' }),
  );
  const empty = await someServices();
  // Read as they are: 100,000 rows need not be written first.
  const page = (): ReturnType<typeof empty.inventory.page> => Promise.resolve({ value: vms, next: null });
  const services = { ...empty, inventory: { ...empty.inventory, page } };
  await browserPage.route(/\/api\/fleet\?/, async (route) => {
    const url = new URL(route.request().url());
    const request = {
      query: (name: string) => url.searchParams.get(name),
      path: url.pathname,
    } as unknown as OperatorRequest;
    const answer = await listFleet.handler(request, { services } as unknown as OperatorContext);
    await route.fulfill({ contentType: 'application/json', body: JSON.stringify(answer.jsonBody) });
  });
}
