import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLocalSettings } from '../../local/localSettings';
import { startAzurite } from '../support/azurite';
import { startLowtide } from './lowtideProcess';

const SETTINGS = join(__dirname, '..', '..', 'local.settings.e2e.json');

/** As they ship, but polls, soaks and bakes take one second in the place of five: nothing that is checked depends on how long they are. */
function settings(): Readonly<Record<string, string>> {
  const shipped = Object.entries(readLocalSettings(SETTINGS));
  return Object.fromEntries(shipped.map(([name, value]) => [name, value === 'PT5S' ? 'PT1S' : value]));
}

it('the end-to-end suite passes over HTTP, in real time, against the emulator and Azurite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lowtide-e2e-'));
  const azurite = await startAzurite();
  const host = startLowtide(['emulator', '--app', '.', '--port', '0', '--journal', join(folder, 'journal')], {
    ...settings(),
    AzureWebJobsStorage: azurite.connectionString,
    LOWTIDE_STATE_DIR: join(folder, 'simulated-azure'),
  });
  try {
    const [, baseUrl = ''] = await host.said(/served at (http:\S+?)\/\./);
    const suite = startLowtide(['e2e', '--base-url', baseUrl]);
    const code = await suite.ended();
    expect(suite.output()).toMatch(/\n\d+ passed, 0 failed\n$/);
    expect(code).toBe(0);
  } finally {
    await host.stop();
    await azurite.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
