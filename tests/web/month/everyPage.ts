import {
  accessibilityProblems,
  cutOff,
  eventually,
  openPage,
  tooWide,
  workToHeadingMs,
} from '../dashboardPage';
import { EMERGENCY } from './emergency';
import { hostile, load, watched } from './watchedMonth';

const PAGES = [
  ['Now', ''],
  ['Now with an emergency', `?rollout=${EMERGENCY}`],
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
  { colorScheme: 'dark', width: 360 },
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

describe('cut off from every other address', () => {
  beforeAll(() => cutOff(watched, watched.host.baseUrl));
  afterAll(() => watched.page.unrouteAll());

  test.each(PAGES)(
    '%s works offline and is usable by everybody (WCAG 2.2 AA), in light on a desktop and in dark on a phone, and fits',
    async (_name, path) => {
      const { page } = watched;
      await page.setViewportSize({ width: 1280, height: 844 });
      await load(path);
      expect(await eventually(page, () => page.evaluate<boolean>(IS_READ))).toBe(true);
      for (const { colorScheme, width } of LOOKS) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 844 });
        const problems = await accessibilityProblems(page);
        const overlapping = await page.evaluate<string[]>(OVERLAPPING);
        expect([colorScheme, problems, overlapping, await tooWide(page)]).toEqual([colorScheme, [], [], []]);
      }
      expect(watched.errors).toEqual([]);
    },
  );

  test('whatever would reach out to another address, or bring script or style of its own, is refused and noticed', async () => {
    const { page, errors } = watched;
    for (const [tag, set] of [
      ['script', "element.textContent = 'document.title = 1'"],
      ['style', "element.textContent = 'main { display: none }'"],
      ['img', "element.src = 'https://example.com/a.png'"],
      ['link', "element.rel = 'stylesheet'; element.href = 'http://127.0.0.1:9/a.css'"],
    ] as const) {
      await page.evaluate(
        `{ const element = document.createElement('${tag}'); ${set}; document.body.append(element); }`,
      );
      expect(
        await eventually(page, () => errors.some((text) => text.includes('refused by the policy'))),
      ).toBe(true);
      errors.length = 0;
    }
    expect(await page.locator('main').isVisible()).toBe(true);
  });
});

test('the first content costs the browser less than half a second of work', async () => {
  await watched.page.emulateMedia({ colorScheme: 'light' });
  await watched.page.setViewportSize({ width: 1280, height: 900 });
  const { page } = await openPage(watched.browser);
  const ms = await workToHeadingMs(page, `${watched.host.baseUrl}/dashboard`);
  await page.close();
  process.stdout.write(`first content after ${ms} ms of work\n`);
  expect(ms).toBeGreaterThan(0);
  expect(ms).toBeLessThan(500);
});
