import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

let say: (text: string) => void = () => undefined;

/** Has a screen reader say that something was done, where what was pressed is gone from the page. */
export function announce(text: string): void {
  say(text);
}

/** The same, where the focus goes with what was pressed: a person goes on from the element of that id. */
export function doneAt(id: string, text: string): void {
  announce(text);
  document.getElementById(id)?.focus({ preventScroll: true });
}

/** Where it is said. */
export function Announcer(): JSX.Element {
  const [text, setText] = useState('');
  useEffect(() => {
    say = setText;
  }, []);
  return (
    <div class="visually-hidden" role="status">
      {text}
    </div>
  );
}
