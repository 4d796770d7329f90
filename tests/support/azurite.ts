import { type Azurite, type AzuriteOptions, startAzurite as start } from '../../local/azurite';

/** Azurite on ports of its own, so that test files run side by side; in memory unless a location is given. */
export function startAzurite(options: Pick<AzuriteOptions, 'location'> = {}): Promise<Azurite> {
  return start({ ...options, ports: 'any' });
}
