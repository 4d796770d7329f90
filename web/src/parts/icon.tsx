import type { JSX } from 'preact';

/** Drawn on 16 by 16. Shapes differ without colour. */
export const PATHS = {
  check: 'M3 8.5l3.3 3.5L13 4.5',
  equal: 'M3.5 6h9M3.5 10h9',
  warning: 'M8 2.2l6.3 11.3H1.7zM8 6.3v3.6M8 11.7v.3',
  cross: 'M4 4l8 8M12 4l-8 8',
  clock: 'M8 2a6 6 0 100 12A6 6 0 008 2zM8 4.8V8l2.4 1.6',
  dots: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  skip: 'M4 4l5 4-5 4zM12 4v8',
  play: 'M5 3.5v9l7-4.5z',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  sun: 'M8 5.2a2.8 2.8 0 100 5.6 2.8 2.8 0 000-5.6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  moon: 'M13 9.7A5.5 5.5 0 016.3 3a5.5 5.5 0 106.7 6.7z',
  screen: 'M2 3.5h12v7.5H2zM6 14h4M8 11v3',
  right: 'M6 3.5L10.5 8 6 12.5',
  down: 'M3.5 6L8 10.5 12.5 6',
  link: 'M6.7 9.3l2.6-2.6M5.8 7.2L4 9a2.1 2.1 0 003 3l1.8-1.8M10.2 8.8L12 7a2.1 2.1 0 00-3-3L7.2 5.8',
  save: 'M8 2.5v7M5 7l3 3 3-3M3 13h10',
} as const;

export type IconName = keyof typeof PATHS;

/** Never the only bearer of a meaning: words stand beside it, so screen readers skip it. */
export function Icon({
  name,
  class: className = '',
}: {
  readonly name: IconName;
  readonly class?: string;
}): JSX.Element {
  return (
    <svg
      class={`icon ${className}`}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
    >
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.8"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
