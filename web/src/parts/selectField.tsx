import type { ComponentChildren, JSX } from 'preact';

interface SelectFieldProps {
  readonly label: ComponentChildren;
  readonly class?: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly value: string;
  readonly set: (value: string) => void;
}

/** One of a few values, with its label before it. */
export function SelectField({ label, class: of, options, value, set }: SelectFieldProps): JSX.Element {
  return (
    <label class={of}>
      {label}{' '}
      <select
        value={value}
        onChange={(event) => {
          set(event.currentTarget.value);
        }}
      >
        {options.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
