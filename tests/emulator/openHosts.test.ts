import type * as HostModule from '../../emulator/host';
import { loadNatively } from './support/nativeHost';
import { startVirtual, testApp } from './support/testApp';

const { closeHosts } = loadNatively('dist/emulator/host.js') as typeof HostModule;

test('a host that nothing closes keeps the next one from starting, until closeHosts has closed it', async () => {
  const app = testApp('');
  await startVirtual(app);
  await expect(startVirtual(app)).rejects.toThrow(/Another host is running in this process/);
  await closeHosts();
  const next = await startVirtual(app);
  expect(next.nowUtc()).toMatch(/^2026-11-01T00:00/);
  await next.close();
  app.remove();
});
