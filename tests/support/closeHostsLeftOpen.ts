import Module from 'node:module';
import { join } from 'node:path';
import type * as HostModule from '../../emulator/host';

// Node's own: hosts run outside of jest's modules (tests/emulator/support/nativeHost.ts).
const { _cache: loaded } = Module as unknown as {
  _cache: Readonly<Record<string, NodeJS.Module | undefined>>;
};

/** A test that ran out of time leaves its host open in this process of jest, where the next file's could not start. */
beforeAll(async () => {
  const host = loaded[join(__dirname, '..', '..', 'dist', 'emulator', 'host.js')];
  await (host?.exports as typeof HostModule | undefined)?.closeHosts();
});
