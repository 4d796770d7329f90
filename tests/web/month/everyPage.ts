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

/** Cells of one row of a table that lie on each other, or are so narrow that words are broken letter by letter. */
const OVERLAPPING = `[...document.querySelectorAll('main tr')].flatMap((row) => {
  const cells = [...row.children].map((cell) => ({ text: cell.textContent.trim(), box: cell.getBoundingClientRect() }));
  return cells.flatMap(({ text, box }, n) => {
    const isNarrow = text.length > 8 && box.width < 24;
    const isUnder = cells.slice(n + 1).some((other) =>
      other.box.left < box.right - 2 && other.box.right > box.left + 2 && other.box.top < box.bottom - 2 && other.box.bottom > box.top + 2);
    return text !== '' && box.height > 0 && (isNarrow || isUnder) ? [text.slice(0, 60)] : [];
  });
})`;

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
      const problems = await accessibilityProblems(page);
      const overlapping = await page.evaluate<string[]>(OVERLAPPING);
      expect([colorScheme, problems, overlapping, await isTooWide(page)]).toEqual([
        colorScheme,
        [],
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
