import type { JSX } from 'preact';

interface SubmitLineProps {
  /** Of the form. */
  readonly id: string;
  readonly label: string;
  /** What is missing before it can be sent; null when nothing is. */
  readonly missing: string | null;
  readonly tone?: 'primary' | 'danger';
}

/** The end of a form: its button, and beside it what is still missing. */
export function SubmitLine({ id, label, missing, tone = 'primary' }: SubmitLineProps): JSX.Element {
  return (
    <div class="decision-end">
      <button type="submit" class={tone} aria-disabled={missing !== null} aria-describedby={`${id}-missing`}>
        {label}
      </button>
      <span id={`${id}-missing`} class="quiet">
        {missing}
      </span>
    </div>
  );
}
