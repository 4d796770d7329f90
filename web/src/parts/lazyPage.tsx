import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PageProps } from '../page';
import { Empty } from './empty';

type PageView = (props: PageProps) => JSX.Element;

/** A page whose script is loaded when it is first shown, so that the first one does not wait for it. */
export function lazyPage(load: () => Promise<PageView>): PageView {
  return function LazyPage(props: PageProps): JSX.Element {
    const [Shown, setShown] = useState<{ readonly view: PageView } | 'failed' | null>(null);
    useEffect(() => {
      load().then(
        (view) => {
          setShown({ view });
        },
        () => {
          setShown('failed');
        },
      );
    }, []);
    if (Shown === 'failed')
      return (
        <Empty title="This page could not be loaded">
          Is the host there, and of the same version? Reload the page.
        </Empty>
      );
    if (Shown === null)
      return (
        <p class="quiet" role="status">
          Loading …
        </p>
      );
    return <Shown.view {...props} />;
  };
}
