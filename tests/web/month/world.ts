import { open, watched } from './watchedMonth';

test('a click on the map opens a region to its stages, zones, batches, sets and update domains', async () => {
  const { page } = watched;
  await open('/world');
  const map = page.getByRole('group', { name: /^Map of the regions/ });
  // 600 VMs in 18 regions, joined with their geo pairs.
  await map.locator('.mark').first().waitFor();
  expect(await map.locator('.mark').count()).toBe(await page.locator('.region-link').count());
  expect(await map.locator('.pair').count()).toBeGreaterThan(0);
  await map.locator('.mark', { hasText: /^East US 2:/ }).click();
  const region = page.getByRole('region', { name: 'East US 2' });
  await region.getByRole('heading', { name: /^Zone 1/ }).waitFor();
  expect(await region.getByRole('heading', { name: /^Zone \d/ }).count()).toBeGreaterThan(1);
  expect(await region.getByText(/^Batch \d/).count()).toBeGreaterThan(0);
  expect(await region.getByText(/set of \d+ VMs/).count()).toBeGreaterThan(0);
  expect(await region.getByText(/^UD \d/).count()).toBeGreaterThan(1);
  await region.getByText(/Never together with /).waitFor();
  expect(new URL(page.url()).searchParams.get('region')).toBe('eastus2');
  await map.locator('.mark', { hasText: /^Brazil South:/ }).click();
  await page
    .getByRole('region', { name: 'Brazil South' })
    .getByText(/Has unhealthy VMs/)
    .waitFor();
});

test('a state on the map has a word and a shape beside its colour', async () => {
  const key = watched.page.locator('.map-key li');
  for (const item of await key.all()) {
    expect((await item.innerText()).trim()).not.toBe('');
    expect(await item.locator('svg path').count()).toBe(1);
  }
});
