import type { JSX } from 'preact';
import { doneAt } from '../parts/announcer';
import { LongText } from '../parts/longText';

/** A policy that a person applied. */
export interface Version {
  readonly version: number;
  readonly appliedUtc: string;
  readonly appliedBy: string;
  readonly reason: string;
  readonly text: string;
}

interface PolicyReplacedProps {
  readonly version: number;
  readonly applied: Version | null;
  readonly begunFrom: number;
  /** With the text as it is, as a change to the version in force. */
  readonly goOn: () => void;
}

/** Another person applied a version meanwhile: the text, whose author has not read it, would undo it. It is kept until its author says how to go on. */
export function PolicyReplaced({ version, applied, begunFrom, goOn }: PolicyReplacedProps): JSX.Element {
  return (
    <div class="policy-effect replaced">
      <p class="note" role="alert">
        Version {version} is in force
        {applied !== null && (
          <>
            , applied by <LongText text={applied.appliedBy} /> (<LongText text={applied.reason} />)
          </>
        )}
        . Your text was begun from version {begunFrom} and would undo it. Take over from it what is to stay,
        and go on with your text; or forget the changes.
      </p>
      {applied !== null && (
        <>
          <p class="quiet">The text of version {version}:</p>
          <pre class="code">
            <LongText text={applied.text} />
          </pre>
        </>
      )}
      <button
        type="button"
        onClick={() => {
          doneAt('policy', `Your text now changes version ${version}.`);
          goOn();
        }}
      >
        Go on with my text over version {version}
      </button>
    </div>
  );
}
