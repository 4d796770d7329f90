import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { count } from '../format';
import { withBreaks } from './name';
import { Toggle } from './toggle';

const SHOWN_MAX = 240;

/** A text that others wrote: of any length. The beginning, and all of it for those who ask. */
export function LongText({ text }: { readonly text: string }): JSX.Element {
  const [all, setAll] = useState(false);
  if (text.length <= SHOWN_MAX) return <span class="value">{/\s/.test(text) ? text : withBreaks(text)}</span>;
  return (
    <span class="value">
      {all ? text : `${text.slice(0, SHOWN_MAX)}… `}{' '}
      <Toggle isOpen={all} setIsOpen={setAll}>
        {all ? 'Show less' : `Show all ${count(text.length)} characters`}
      </Toggle>
    </span>
  );
}
