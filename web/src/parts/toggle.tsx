import type { ComponentChildren, JSX } from 'preact';

interface ToggleProps {
  readonly isOpen: boolean;
  readonly setIsOpen: (isOpen: boolean) => void;
  readonly children: ComponentChildren;
}

/** A button in the text that shows more, or less again. */
export function Toggle({ isOpen, setIsOpen, children }: ToggleProps): JSX.Element {
  return (
    <button
      type="button"
      class="text-button"
      aria-expanded={isOpen}
      onClick={() => {
        setIsOpen(!isOpen);
      }}
    >
      {children}
    </button>
  );
}
