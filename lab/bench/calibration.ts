import { figureOf, type Benchmark, type Figure } from './benchmark';
import type { Measured } from './measuredRun';
import { largeHttpBenchmark } from './http';
import { measureMonthOf } from './wholeProcess';

const MONTHS = 10;
const VMS = 200;

/** A finish is met within 10 % of the time since the release; or within a window, since the next one comes a day later. */
const SHARE = 0.1;
const WINDOW_HOURS = 24;

/** Of how many simulated months the P50 and P95 of a preview came true. */
export const calibrationBenchmark: Benchmark = {
  name: 'calibration',
  what: `simulates ${MONTHS} months of made-up fleets of ${VMS} VMs: how many kept to the P50 and P95 that their preview said`,
  run: ({ say }) => {
    const months = Array.from({ length: MONTHS }, (_, n) => {
      const month = measureMonthOf(VMS, n + 1);
      const said = FINISHES.map(
        (name) =>
          `${name} ${shown(month[`finish${name}`])} of the simulated, off by ${shown(month[`finish${name}OffHours`])} h`,
      );
      say(`fleet ${n + 1} of ${MONTHS}: ${said.join('; ')}`);
      return month;
    });
    return calibrationOf(months);
  },
};

/** What issue 15 asks of previews, forecasts and explanations, by one command. */
export const insightBenchmark: Benchmark = {
  name: 'insight',
  what: 'http-large and calibration, one after the other',
  run: async (options) => [
    ...(await calibrationBenchmark.run(options)),
    ...(await largeHttpBenchmark.run(options)),
  ],
};

const FINISHES = ['P50', 'P95'] as const;
const shown = (value = NaN): string => value.toFixed(2);

/** The share of the months whose finish was met: strictly, and with the window. */
export function calibrationOf(months: readonly Measured[]): readonly Figure[] {
  return FINISHES.flatMap((name) => {
    const isMet = (month: Measured): boolean => Math.abs((month[`finish${name}`] ?? NaN) - 1) <= SHARE;
    const isNear = (month: Measured): boolean =>
      isMet(month) || Math.abs(month[`finish${name}OffHours`] ?? NaN) <= WINDOW_HOURS;
    const percent = (is: (month: Measured) => boolean): number =>
      (100 * months.filter(is).length) / months.length;
    return [
      figureOf(`calibration ${name}: months within 10 %`, '%', [percent(isMet)]),
      figureOf(`calibration ${name}: months within 10 % or a window`, '%', [percent(isNear)]),
    ];
  });
}
