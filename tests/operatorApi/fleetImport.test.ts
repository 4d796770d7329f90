import { anApi, type Api } from '../armApi/api';
import { windowsFleet } from '../support/windowsVm';

const MEBIBYTE = 1024 * 1024;

describe('POST /api/fleet', () => {
  let api: Api;
  beforeAll(async () => {
    api = await anApi();
  });
  afterAll(() => api.close());

  it('accepts a large fleet at once and imports it in steps, whose progress can be asked for', async () => {
    const posted = await api.send('POST', '/api/fleet', windowsFleet(['eastus', 'japaneast'], 3000));
    expect([posted.status, posted.body['vmCount']]).toEqual([202, 6000]);
    const path = posted.headers['location'] ?? '';
    await api.host.idle();
    const { body } = await api.send('GET', path);
    expect(body).toEqual({ state: 'done', vmCount: 6000, importedCount: 6000 });
    const again = await api.send('POST', '/api/fleet', windowsFleet(['eastus'], 2));
    expect(again.status).toBe(200);
  });

  it('knows no other import', async () => {
    expect((await api.send('GET', '/api/fleet/imports/rollout-2026-11')).status).toBe(404);
    expect((await api.send('GET', '/api/fleet/imports/fleet-import-1')).status).toBe(404);
  });

  it('names the limit of a body that is larger', async () => {
    const { status, body } = await api.send('POST', '/api/fleet', ' '.repeat(65 * MEBIBYTE));
    expect([status, body['title']]).toEqual([400, 'The body has more than 64 MiB.']);
  });
});
