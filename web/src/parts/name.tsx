import type { ComponentChildren, JSX } from 'preact';
import { lettersOf, shortened } from '../format';

/** So much of it a screen reader says, and a title shows. */
const WHOLE_MAX = 5_000;
const TITLE_MAX = 1_000;

/**
 * A name that others chose, of any length. It breaks where its parts join; of one that is too long for people the middle is left out, and stands in
 * its title and for screen readers.
 */
export function Name({ text }: { readonly text: string }): JSX.Element {
  const shown = shortened(text);
  if (shown === text) return <span class="value">{withBreaks(text)}</span>;
  return (
    <span class="value" title={text.slice(0, TITLE_MAX)}>
      <span aria-hidden="true">{withBreaks(shown)}</span>
      <span class="visually-hidden">{text.slice(0, WHOLE_MAX)}</span>
    </span>
  );
}

const JOINTS = '-/:._@,';
const AFTER_JOINT = new RegExp(`(?<=[${JOINTS}])`);

/** A text without spaces, which may go on in the next line wherever its parts join. */
export function withBreaks(text: string): ComponentChildren {
  return text.split(AFTER_JOINT).flatMap((part, n) => (n === 0 ? [part] : [<wbr key={n} />, part]));
}

/** So long a name may not fit into a column of a table. */
const FITS_MAX = 18;
const KEPT_AT_END = 8;
/** From a joint on so many letters may be kept. */
const KEPT_AFTER_JOINT_MIN = 4;
const KEPT_AFTER_JOINT_MAX = 15;

/** Where the end begins that is shown whole: `2019-datacenter` of `windowsserver:2019-datacenter`. */
function endOf(letters: readonly string[]): number {
  const afterJoint = letters.findIndex((_, n) => {
    const kept = letters.length - n;
    const isAfterJoint = n > 0 && JOINTS.includes(letters[n - 1] ?? '');
    return isAfterJoint && kept >= KEPT_AFTER_JOINT_MIN && kept <= KEPT_AFTER_JOINT_MAX;
  });
  return afterJoint === -1 ? letters.length - KEPT_AT_END : afterJoint;
}

/** A name on one line of a table: where the column is too narrow, its middle is left out, since names differ at their end. */
export function NameOnOneLine({ text }: { readonly text: string }): JSX.Element {
  const letters = lettersOf(text);
  if (letters.length <= FITS_MAX) return <>{text}</>;
  const end = endOf(letters);
  return (
    <span class="one-line" title={text.slice(0, TITLE_MAX)}>
      <span class="one-line-head">{letters.slice(0, end).join('')}</span>
      <span>{letters.slice(end).join('')}</span>
    </span>
  );
}
