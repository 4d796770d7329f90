import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const BASE = '/dashboard';

/** Where the page is, as its address has it. */
export interface Place {
  /** Without the base: `/`, `/fleet`. */
  readonly path: string;
  readonly query: URLSearchParams;
}

const MOVED = 'lowtide:moved';

function placeNow(): Place {
  const path = window.location.pathname.slice(BASE.length).replace(/\/+$/, '');
  return { path: path === '' ? '/' : path, query: new URLSearchParams(window.location.search) };
}

/** The place, and again whenever it changes. */
export function usePlace(): Place {
  const [place, setPlace] = useState(placeNow);
  useEffect(() => {
    const moved = (): void => {
      setPlace(placeNow());
    };
    window.addEventListener('popstate', moved);
    window.addEventListener(MOVED, moved);
    return () => {
      window.removeEventListener('popstate', moved);
      window.removeEventListener(MOVED, moved);
    };
  }, []);
  return place;
}

/** The address of a place in the dashboard; members that are empty are left out. The rollout that was chosen stays, unless another is named. */
export function addressOf(path: string, query: Readonly<Record<string, string | null>> = {}): string {
  const search = new URLSearchParams();
  const kept = 'rollout' in query ? null : placeNow().query.get('rollout');
  if (kept !== null) search.set('rollout', kept);
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== '') search.set(name, value);
  const text = search.toString();
  return `${BASE}${path === '/' ? '' : path}${text === '' ? '' : `?${text}`}`;
}

export function go(address: string, how: 'push' | 'replace' = 'push'): void {
  if (how === 'push') window.history.pushState(null, '', address);
  else window.history.replaceState(null, '', address);
  window.dispatchEvent(new Event(MOVED));
  if (how === 'push') window.scrollTo(0, 0);
}

interface LinkProps {
  readonly to: string;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly current?: boolean;
  readonly title?: string;
  /** Of what is shown in pieces, for screen readers. */
  readonly label?: string;
}

/** A link within the dashboard: it opens without loading the page again, and in a new tab as any link does. */
export function Link({ to, children, class: className, current, title, label }: LinkProps): JSX.Element {
  const open = (event: MouseEvent): void => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    event.preventDefault();
    go(to);
  };
  return (
    <a
      href={to}
      onClick={open}
      class={className}
      title={title}
      aria-label={label}
      aria-current={current === true ? 'page' : undefined}
    >
      {children}
    </a>
  );
}
