import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { RolloutSummary } from './api';
import { useLive } from './live';
import { NowPage } from './now/nowPage';
import { Announcer } from './parts/announcer';
import { ConnectionBar } from './parts/connectionBar';
import { Masthead } from './parts/masthead';
import { lazyPage } from './parts/lazyPage';
import { Empty } from './parts/empty';
import { NoRollout } from './parts/noRollout';
import { Waiting } from './parts/waiting';
import type { Problem } from './send';
import { RehearsalBar } from './rehearsal/rehearsalBar';
import { SignInPage } from './signIn/signInPage';
import type { PageProps } from './page';
import { addressOf, go, usePlace, type Place } from './router';

const World = lazyPage(async () => (await import('./world/worldPage')).WorldPage);
const Fleet = lazyPage(async () => (await import('./fleet/fleetPage')).FleetPage);
const Plan = lazyPage(async () => (await import('./plan/planPage')).PlanPage);
const Audit = lazyPage(async () => (await import('./audit/auditPage')).AuditPage);
const Certificate = lazyPage(async () => (await import('./certificate/certificatePage')).CertificatePage);
const Rehearsal = lazyPage(async () => (await import('./rehearsal/rehearsalPage')).RehearsalPage);
const Vm = lazyPage(async () => (await import('./vm/vmPage')).VmPage);

interface Page {
  readonly path: string;
  readonly title: string;
  readonly show: (props: PageProps) => JSX.Element;
  /** Reached from another page only. */
  readonly isHidden?: true;
  /** Also shown where there is no rollout yet. */
  readonly needsNoRollout?: true;
}

/** In the order of the navigation. */
const PAGES: readonly Page[] = [
  { path: '/', title: 'Now', show: (props) => <NowPage {...props} /> },
  { path: '/world', title: 'World', show: (props) => <World {...props} /> },
  { path: '/fleet', title: 'Fleet', show: (props) => <Fleet {...props} /> },
  { path: '/plan', title: 'Plan', show: (props) => <Plan {...props} /> },
  { path: '/audit', title: 'Audit', show: (props) => <Audit {...props} /> },
  { path: '/rehearsal', title: 'Rehearsal', needsNoRollout: true, show: (props) => <Rehearsal {...props} /> },
  {
    path: '/certificate',
    title: 'Certificate',
    isHidden: true,
    show: (props) => <Certificate {...props} />,
  },
  { path: '/vm', title: 'VM', isHidden: true, show: (props) => <Vm {...props} /> },
];

/** What a page is given that needs none. */
const NONE: RolloutSummary = {
  id: '',
  month: '',
  state: '',
  releasedUtc: '',
  endsUtc: '',
  endedUtc: null,
  vmCount: null,
};

const ROLLOUTS_EVERY_MS = 5_000;

/** The one that is chosen, or the latest. A page that is open stays with the one it shows while that is open: a decision half written is about it. */
function useShownRollout(rollouts: readonly RolloutSummary[], place: Place): RolloutSummary | undefined {
  const kept = useRef<string | null>(null);
  const wanted = place.query.get('rollout');
  const latest = rollouts.find(({ kind }) => kind !== 'emergency') ?? rollouts[0];
  const stays = rollouts.find(({ id, endedUtc }) => id === kept.current && endedUtc === null);
  const shown = wanted === null ? (stays ?? latest) : rollouts.find(({ id }) => id === wanted);
  kept.current = shown?.id ?? null;
  useEffect(() => {
    if (wanted !== null || shown === undefined || shown === latest) return;
    go(addressOf(place.path, { ...Object.fromEntries(place.query), rollout: shown.id }), 'replace');
  }, [wanted, shown?.id, latest?.id]);
  return shown;
}

/** The whole page: what is above every view, and the view of the address. */
export function App({ signInFailed }: { readonly signInFailed: Problem | null }): JSX.Element {
  const place = usePlace();
  const { data, problem } = useLive<{ value: RolloutSummary[] }>('/api/rollouts', ROLLOUTS_EVERY_MS);
  const page = PAGES.find(({ path }) => path === place.path);
  const refused = problem !== null && (problem.status === 401 || problem.status === 403) ? problem : null;
  // What was read before a token expired is not shown on.
  const rollouts = refused === null ? (data?.value ?? []) : [];
  const wanted = place.query.get('rollout');
  const rollout = useShownRollout(data?.value ?? [], place);
  useEffect(() => {
    document.title = page === undefined ? 'Lowtide' : `${page.title} – Lowtide`;
  }, [page]);
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <Masthead
        place={place}
        pages={PAGES.filter(({ isHidden }) => isHidden !== true)}
        rollouts={rollouts}
        rollout={rollout}
      />
      <ConnectionBar />
      <RehearsalBar />
      <Waiting rollouts={rollouts} isOnNow={place.path === '/'} />
      <Announcer />
      <main id="main" tabIndex={-1}>
        {refused !== null ? (
          <SignInPage problem={refused} failed={signInFailed} />
        ) : page === undefined ? (
          <Empty title="There is no such page">The navigation above has those there are.</Empty>
        ) : page.needsNoRollout === true ? (
          page.show({ rollout: rollout ?? NONE, rollouts, place })
        ) : rollout !== undefined ? (
          page.show({ rollout, rollouts, place })
        ) : data !== null ? (
          <NoRollout wanted={wanted} />
        ) : problem === null ? (
          <p class="quiet" role="status">
            Asking the host …
          </p>
        ) : (
          <Empty title={problem.title}>{problem.detail}</Empty>
        )}
      </main>
    </>
  );
}
