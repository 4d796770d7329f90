import { accessibilityProblems, eventually, firstContentMs, isTooWide } from '../dashboardPage';
import { hostile, open, watched } from './watchedMonth';

const PAGES = [
  ['Now', ''],
  ['World', '/world?region=eastus2'],
  ['Fleet', '/fleet?group=region'],
  ['VM', `/vm?id=${encodeURIComponent(hostile.id)}`],
  ['Plan', '/plan'],
  ['Audit', '/audit'],
  ['Certificate', '/certificate'],
  ['Rehearsal', '/rehearsal'],
] as const;

const LOOKS = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 390 },
] as const;

const IS_READ =
  "document.querySelector('main h1, main h2') !== null && !/(Reading|Asking|Loading|Counting|Planning)[^.]* …/.test(document.querySelector('main').innerText)";

test.each(PAGES)(
  '%s is usable by everybody (WCAG 2.2 AA), in light on a desktop and in dark on a phone, and fits',
  async (_name, path) => {
    const { page } = watched;
    await page.setViewportSize({ width: 1280, height: 844 });
    await open(path);
    expect(await eventually(page, () => page.evaluate<boolean>(IS_READ))).toBe(true);
    for (const { colorScheme, width } of LOOKS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      expect([colorScheme, await accessibilityProblems(page), await isTooWide(page)]).toEqual([
        colorScheme,
        [],
        false,
      ]);
    }
  },
);

test('the first content is there within a second', async () => {
  await watched.page.emulateMedia({ colorScheme: 'light' });
  await watched.page.setViewportSize({ width: 1280, height: 900 });
  expect(await firstContentMs(watched.page, `${watched.host.baseUrl}/dashboard`)).toBeLessThan(1_000);
});
