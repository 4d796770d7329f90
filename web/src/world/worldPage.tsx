import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { Disruptions, Timeline } from '../api';
import { useConnection } from '../connection';
import { count, many, phaseName, vms } from '../format';
import { useLive } from '../live';
import type { PageProps } from '../page';
import { Icon } from '../parts/icon';
import { addressOf, go, Link, type Place } from '../router';
import { RegionDetail } from './regionDetail';
import { doneCount, REGION_LOOKS, regionLook, type RegionLook } from './regionState';
import { displayNameOf, isOnMap, WorldMap, type MappedRegion } from './worldMap';
import '../styles/world.css';

const EVERY_MS = 4_000;

/** Where the rollout is: regions on a map and in words, and one of them down to its update domains. */
export function WorldPage({ rollout: { id }, place }: PageProps): JSX.Element {
  const { data: timeline, problem } = useLive<Timeline>(`/api/rollouts/${id}/timeline`, EVERY_MS);
  const { data: disruptions } = useLive<Disruptions>(`/api/rollouts/${id}/disruptions`, EVERY_MS);
  const { nowUtc } = useConnection();
  const down = disruptions?.value ?? [];
  const regions = (timeline?.phases ?? []).flatMap(({ phase, regions: all }) =>
    all.map((region): MappedRegion => ({
      region,
      phase,
      look: regionLook(
        region,
        down.filter((claim) => claim.region === region.region),
      ),
    })),
  );
  const shown = useShownRegion(regions, place.query.get('region'));
  const selected = shown?.region.region ?? null;
  return (
    <>
      <div class="heading">
        <h1>World</h1>
        <p class="quiet">
          {timeline === null
            ? problem === null
              ? 'Reading the plan …'
              : `${problem.title} ${problem.detail}`
            : regions.length === 0
              ? 'There is no plan yet.'
              : `${many(regions.length, 'region')}. A mark fills as its VMs are done; the larger, the more VMs. Lines join geo pairs, which are never patched at the same time.`}
        </p>
      </div>
      <div class="world">
        <section class="card map-card" aria-label="Map">
          <WorldMap
            regions={regions}
            selected={selected}
            select={(region) => {
              go(addressOf('/world', { rollout: place.query.get('rollout'), region }), 'replace');
            }}
          />
          <ul class="map-key">
            {REGION_LOOKS.filter(({ key }) => regions.some(({ look }) => look.key === key)).map(
              ({ key, label, icon }) => (
                <li key={key}>
                  <span class={`map-swatch m-${key}`}>
                    <Icon name={icon} />
                  </span>
                  {label}
                </li>
              ),
            )}
          </ul>
        </section>
        <RegionList regions={regions} place={place} selected={selected} />
      </div>
      {shown !== undefined && (
        <RegionDetail
          mapped={shown}
          name={displayNameOf(shown.region.region)}
          down={down.filter((claim) => claim.region === shown.region.region)}
          nowUtc={nowUtc}
        />
      )}
    </>
  );
}

/** What a reader looks at first when nothing was chosen. */
const FIRST: readonly RegionLook['key'][] = ['unhealthy', 'failed', 'underWay', 'begun', 'waiting', 'done'];

/** The region that was chosen; without a choice the one that needs a look most, which stays while the page is open. */
function useShownRegion(regions: readonly MappedRegion[], chosen: string | null): MappedRegion | undefined {
  const kept = useRef<string | null>(null);
  const named = (name: string | null): MappedRegion | undefined =>
    regions.find(({ region }) => region.region === name);
  const [first] = [...regions].sort((a, b) => FIRST.indexOf(a.look.key) - FIRST.indexOf(b.look.key));
  const shown = chosen === null ? (named(kept.current) ?? first) : named(chosen);
  kept.current = shown?.region.region ?? null;
  return shown;
}

interface RegionListProps {
  readonly regions: readonly MappedRegion[];
  readonly place: Place;
  readonly selected: string | null;
}

function RegionList({ regions, place, selected }: RegionListProps): JSX.Element {
  const rollout = place.query.get('rollout');
  return (
    <section class="card region-list" aria-labelledby="regions">
      <h2 id="regions">Regions, by phase</h2>
      <ul>
        {regions.map(({ region, phase, look }) => (
          <li key={`${phase} ${region.region}`}>
            <Link
              to={addressOf('/world', { rollout, region: region.region })}
              current={selected === region.region}
              class="region-link"
            >
              <span class={`map-swatch m-${look.key}`} title={look.label}>
                <Icon name={look.icon} />
                <span class="visually-hidden">{look.label}</span>
              </span>
              <span class="value region-name">
                {displayNameOf(region.region)}
                {!isOnMap(region.region) && <span class="quiet"> (not on the map)</span>}
              </span>
              <span class="quiet region-phase">{phaseName(phase)}</span>
              <span class="region-count">
                {count(doneCount(region))}
                <span class="quiet"> of {vms(region.vmCount)}</span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
