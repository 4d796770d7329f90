import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as HostModule from '../../emulator/host';

/** A test that ran out of time leaves its host open in this process of jest, where the next file's could not start. */
beforeAll(async () => {
  const { cache } = createRequire(__filename);
  const host = cache[join(__dirname, '..', '..', 'dist', 'emulator', 'host.js')];
  await (host?.exports as typeof HostModule | undefined)?.closeHosts();
});
