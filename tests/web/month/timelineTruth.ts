import { untilDay, ID, load, watched } from './watchedMonth';

interface Drawn {
  readonly region: string;
  /** In percent of the width, by what is drawn. */
  readonly band: readonly Piece[];
  readonly planned: readonly Piece[];
  readonly worked: readonly Piece[];
  readonly forecast: readonly Piece[];
  readonly now: number;
}
type Piece = readonly [x: number, width: number];

/** Regions as they are drawn, and where the axis says that two days begin. */
const DRAWN = `(() => {
  const piece = (rect) => [parseFloat(rect.getAttribute('x')), parseFloat(rect.getAttribute('width'))];
  const ticks = [...document.querySelectorAll('.timeline .axis .tick')].map((tick) => [tick.textContent, parseFloat(tick.style.left)]);
  const regions = [...document.querySelectorAll('.timeline .rows > li > ul > li')].map((row) => ({
    region: row.querySelector('.row-label').textContent,
    ...Object.fromEntries(['band', 'planned', 'worked', 'forecast'].map((of) => [of, [...row.querySelectorAll('rect.' + of)].map(piece)])),
    now: parseFloat(row.querySelector('.now-line')?.getAttribute('x1') ?? 'NaN'),
  }));
  return { ticks, regions };
})()`;

interface Picture {
  readonly ticks: readonly (readonly [label: string, x: number])[];
  readonly regions: readonly Drawn[];
}

interface Event {
  readonly at: string;
  readonly action: string;
  readonly region: string;
  readonly rolloutId: string | null;
}

const MINUTES = 60_000;
/** So far the eye is off: the width of the picture has so many parts. */
const TOLERANCE_MS = 10 * MINUTES;

/** What the axis says: the instant at a place of the picture. */
function axisOf({ ticks }: Picture): (x: number) => number {
  const at = (label: string): number => Date.parse(`${label} 2026 00:00:00 UTC`);
  const [[first, x0] = ['', 0]] = ticks;
  const [last, x1] = ticks.at(-1) ?? ['', 0];
  const msPerPart = (at(last) - at(first)) / (x1 - x0);
  return (x) => at(first) + (x - x0) * msPerPart;
}

test('the timeline is true: fills hold every installation of the driver’s log and nothing else, what is expected lies beyond now, and bands are the hours there', async () => {
  const { host, page } = watched;
  await untilDay(2.8);
  await load('');
  await page
    .getByRole('img', { name: /planned from/ })
    .first()
    .waitFor();
  const closed = page.locator('.phase-row button[aria-expanded=false]');
  while ((await closed.count()) > 0) await closed.first().click();
  const picture = await page.evaluate<Picture>(DRAWN);
  const utc = axisOf(picture);
  const get = async <T>(path: string): Promise<T> => (await host.request('GET', path)).body as T;
  const { phases } = await get<{
    phases: {
      regions: { region: string; timeZone: string; expectedStartUtc: string; expectedEndUtc: string }[];
    }[];
  }>(`/api/rollouts/${ID}/timeline`);
  const planned = phases.flatMap(({ regions }) => regions);
  expect(picture.regions.map(({ region }) => region)).toEqual(planned.map(({ region }) => region));
  const installs = (await allEvents()).filter(
    ({ action, rolloutId }) => action === 'installStarted' && rolloutId === ID,
  );
  expect(installs.length).toBeGreaterThan(5);
  for (const { region, ...drawn } of picture.regions) {
    const plan = planned.find((one) => one.region === region);
    const [[x, width] = [NaN, NaN]] = drawn.planned;
    expect(Math.abs(utc(x) - Date.parse(plan?.expectedStartUtc ?? ''))).toBeLessThan(TOLERANCE_MS);
    expect(utc(x + width) - Date.parse(plan?.expectedEndUtc ?? '')).toBeGreaterThan(-TOLERANCE_MS);
    for (const [from, of] of drawn.worked) expect(from + of).toBeLessThanOrEqual(drawn.now + 0.5);
    for (const [from] of drawn.forecast) expect(from).toBeGreaterThanOrEqual(drawn.now - 0.001);
    for (const [from] of drawn.band)
      expect(hourIn(utc(from), plan?.timeZone ?? '')).toMatch(/^(21:5\d|22:0\d)$/);
    const here = installs.filter((install) => install.region === region).map(({ at }) => Date.parse(at));
    const isFilled = (ms: number): boolean =>
      drawn.worked.some(
        ([from, of]) => utc(from) - TOLERANCE_MS <= ms && ms <= utc(from + of) + TOLERANCE_MS,
      );
    const isEmpty = ([from, of]: Piece): boolean =>
      !here.some((ms) => utc(from) - TOLERANCE_MS <= ms && ms <= utc(from + of) + TOLERANCE_MS);
    expect([region, drawn.worked.filter(isEmpty)]).toEqual([region, []]);
    expect([region, here.filter((ms) => !isFilled(ms)).map((ms) => new Date(ms).toISOString())]).toEqual([
      region,
      [],
    ]);
  }
});

const hourIn = (ms: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(new Date(ms));

async function allEvents(): Promise<readonly Event[]> {
  const events: Event[] = [];
  for (let path: string | undefined = '/api/simulated/events'; path !== undefined;) {
    const { value, nextLink } = (await watched.host.request('GET', path)).body as {
      value: Event[];
      nextLink?: string;
    };
    events.push(...value);
    path = nextLink;
  }
  return events;
}
