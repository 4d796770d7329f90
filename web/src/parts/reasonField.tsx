import type { JSX } from 'preact';

const REASON_MAX = 5_000;

interface ReasonFieldProps {
  readonly reason: string;
  readonly set: (reason: string) => void;
  /** In characters. */
  readonly max?: number;
}

/** Why a person decides: it goes into the audit. */
export function ReasonField({ reason, set, max = REASON_MAX }: ReasonFieldProps): JSX.Element {
  return (
    <label class="reason">
      Reason, for the audit
      <textarea
        rows={2}
        maxLength={max}
        value={reason}
        onInput={(event) => {
          set(event.currentTarget.value);
        }}
      />
    </label>
  );
}
