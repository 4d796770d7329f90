import type { JSX } from 'preact';
import { Icon } from '../parts/icon';
import { tokenHeader } from '../send';

/** Saves an answer of the API as a file. With a token of this tab it has to be fetched, because a link sends none. */
export function SaveLink({ path }: { readonly path: string }): JSX.Element {
  const save = (event: MouseEvent): void => {
    const headers = tokenHeader();
    if (Object.keys(headers).length === 0) return;
    event.preventDefault();
    void fetch(path, { headers })
      .then((answer) => answer.blob())
      .then((blob) => {
        const link = document.createElement('a');
        link.href = URL.createObjectURL(blob);
        link.download = 'lowtide-virtual-machines.csv';
        link.click();
        URL.revokeObjectURL(link.href);
      });
  };
  return (
    <a class="save-link" href={path} download="lowtide-virtual-machines.csv" onClick={save}>
      <Icon name="save" /> Save as CSV
    </a>
  );
}
