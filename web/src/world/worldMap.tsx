import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { geoEqualEarth, geoPath, type GeoPermissibleObjects, type GeoProjection } from 'd3-geo';
import { feature } from 'topojson-client';
import land from 'world-atlas/land-110m.json';
import { vms } from '../format';
import { PATHS } from '../parts/icon';
import places from './regionPlaces.json';
import { doneCount, type RegionLook } from './regionState';
import { spread, type Mark as SpreadMark } from './spread';
import type { TimelineRegion } from '../api';

const WIDTH = 960;
const HEIGHT = 440;
const RADIUS_MIN = 6;
const RADIUS_MAX = 15;
const FRAME: [[number, number], [number, number]] = [
  [4, 4],
  [WIDTH - 4, HEIGHT - 4],
];
/** Where there are regions; the ice is left out. */
const INHABITED: GeoPermissibleObjects = {
  type: 'MultiPoint',
  coordinates: [
    [-168, 0],
    [178, 0],
    [0, 78],
    [0, -54],
  ],
};

export interface MappedRegion {
  readonly region: TimelineRegion;
  readonly phase: string;
  readonly look: RegionLook;
}

interface WorldMapProps {
  readonly regions: readonly MappedRegion[];
  readonly selected: string | null;
  readonly select: (region: string) => void;
}

interface Place {
  readonly displayName: string;
  readonly at: readonly [longitude: number, latitude: number];
}

const PLACES: ReadonlyMap<string, Place> = new Map(
  Object.entries(places as unknown as Record<string, Place>),
);

export function displayNameOf(region: string): string {
  return PLACES.get(region)?.displayName ?? region;
}

export const isOnMap = (region: string): boolean => PLACES.has(region);

/** The regions of the rollout where they are, joined with their geo pairs, which are never patched at the same time. */
export function WorldMap({ regions, selected, select }: WorldMapProps): JSX.Element {
  const projection = useMemo(() => geoEqualEarth().fitExtent(FRAME, INHABITED), []);
  const path = useMemo(() => geoPath(projection), [projection]);
  const landPath = useMemo(() => path(landShape()) ?? '', [path]);
  const most = Math.max(1, ...regions.map(({ region }) => region.vmCount));
  const placed = spread(
    regions.flatMap((mapped): PlacedRegion[] => {
      const at = PLACES.get(mapped.region.region)?.at;
      const point = at === undefined ? null : projection([at[0], at[1]]);
      const radius = RADIUS_MIN + (RADIUS_MAX - RADIUS_MIN) * Math.sqrt(mapped.region.vmCount / most);
      return point === null ? [] : [{ mapped, x: point[0], y: point[1], radius }];
    }),
  );
  const placeOf = (name: string): PlacedRegion | undefined =>
    placed.find(({ mapped }) => mapped.region.region === name);
  // The chosen one on top of all: its name stands beside it.
  const isChosen = ({ mapped }: PlacedRegion): number => (mapped.region.region === selected ? 1 : 0);
  const drawn = [...placed].sort((a, b) => isChosen(a) - isChosen(b));
  return (
    <svg
      class="map"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="group"
      aria-label="Map of the regions; the list beside it says the same in words"
    >
      <path class="land" d={landPath} aria-hidden="true" />
      <g aria-hidden="true">
        {pairsAmong(regions).map(([a, b]) => (
          <path
            key={`${a} ${b}`}
            class="pair"
            d={path(lineBetween(placeOf(a), placeOf(b), projection)) ?? ''}
          />
        ))}
      </g>
      {drawn.map((one) => (
        <Mark key={one.mapped.region.region} placed={one} selected={selected} select={select} />
      ))}
    </svg>
  );
}

interface PlacedRegion extends SpreadMark {
  readonly mapped: MappedRegion;
}

interface MarkProps {
  readonly placed: PlacedRegion;
  readonly selected: string | null;
  readonly select: (region: string) => void;
}

function Mark({ placed, selected, select }: MarkProps): JSX.Element {
  const {
    mapped: { region, look },
    x,
    y,
    radius,
  } = placed;
  const share = region.vmCount === 0 ? 0 : doneCount(region) / region.vmCount;
  const isSelected = selected === region.region;
  return (
    <g
      class={`mark m-${look.key}${isSelected ? ' selected' : ''}`}
      transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}
      onClick={() => {
        select(region.region);
      }}
    >
      <title>{`${displayNameOf(region.region)}: ${look.label.toLowerCase()}, ${doneCount(region)} of ${vms(region.vmCount)} done`}</title>
      {isSelected && <circle class="mark-halo" r={radius + 5} />}
      <circle class="mark-ground" r={radius} />
      <path class="mark-done" d={wedge(radius, share)} />
      <circle class="mark-edge" r={radius} />
      {isBad(look) && (
        <g
          class="mark-badge"
          transform={`translate(${(radius * 0.75).toFixed(1)} ${(-radius * 0.75).toFixed(1)})`}
        >
          <circle r="7.5" />
          <path d={PATHS[look.icon]} transform="scale(0.62) translate(-8 -8)" />
        </g>
      )}
      {isSelected && (
        <text class="mark-name" y={-radius - 9} text-anchor="middle">
          {displayNameOf(region.region)}
        </text>
      )}
    </g>
  );
}

const isBad = ({ key }: RegionLook): boolean => key === 'unhealthy' || key === 'failed';

/** The share of a circle, clockwise from the top. */
function wedge(radius: number, share: number): string {
  if (share <= 0) return '';
  if (share >= 1)
    return `M0 ${-radius}a${radius} ${radius} 0 1 1 0 ${2 * radius}a${radius} ${radius} 0 1 1 0 ${-2 * radius}z`;
  const angle = 2 * Math.PI * share;
  const x = (radius * Math.sin(angle)).toFixed(2);
  const y = (-radius * Math.cos(angle)).toFixed(2);
  return `M0 0V${-radius}A${radius} ${radius} 0 ${share > 0.5 ? 1 : 0} 1 ${x} ${y}z`;
}

function landShape(): GeoPermissibleObjects {
  const topology = land as unknown as Parameters<typeof feature>[0];
  return feature(topology, 'land');
}

/** From mark to mark, where they are drawn. */
function lineBetween(
  a: SpreadMark | undefined,
  b: SpreadMark | undefined,
  projection: GeoProjection,
): GeoPermissibleObjects {
  const coordinates = [a, b].flatMap((mark) => {
    const at = mark === undefined ? null : (projection.invert?.([mark.x, mark.y]) ?? null);
    return at === null ? [] : [at];
  });
  return { type: 'LineString', coordinates: coordinates.length < 2 ? [] : coordinates };
}

/** Each pair once, when both are in the rollout and on the map. */
function pairsAmong(regions: readonly MappedRegion[]): [string, string][] {
  const here = new Set(regions.map(({ region }) => region.region).filter(isOnMap));
  return regions.flatMap(({ region }) =>
    region.pairs
      .filter((pair) => region.region < pair && here.has(pair) && here.has(region.region))
      .map((pair): [string, string] => [region.region, pair]),
  );
}
