import type { JSX } from 'preact';

const REASON_MAX = 2_000;

interface ReasonFieldProps {
  readonly reason: string;
  readonly set: (reason: string) => void;
}

/** Why a person decides: it goes into the audit. */
export function ReasonField({ reason, set }: ReasonFieldProps): JSX.Element {
  return (
    <label class="reason">
      Reason, for the audit
      <textarea
        rows={2}
        maxLength={REASON_MAX}
        value={reason}
        onInput={(event) => {
          set(event.currentTarget.value);
        }}
      />
    </label>
  );
}
