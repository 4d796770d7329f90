import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useConnection } from '../connection';
import { askAllNow } from '../live';
import { Icon } from './icon';

/** Says that what is on the page may be old, since when, and what can be done; nothing while all is well. */
export function ConnectionBar(): JSX.Element {
  const { kind, lastAnswerMs, why } = useConnection();
  return (
    <div class="connection-bar-place" role="status">
      {kind === 'lost' && (
        <div class="connection-bar">
          <Icon name="warning" />
          <p>
            <strong>Connection lost.</strong> {why}{' '}
            {lastAnswerMs === null ? 'There has been no answer yet.' : <Since ms={lastAnswerMs} />} It is
            tried again by itself.
          </p>
          <button type="button" onClick={askAllNow}>
            Try now
          </button>
        </div>
      )}
    </div>
  );
}

/** What is shown is so old. */
function Since({ ms }: { readonly ms: number }): JSX.Element {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => {
      setNowMs(Date.now());
    }, 1_000);
    return () => {
      window.clearInterval(timer);
    };
  }, []);
  return <span>What you see is {Math.max(0, Math.round((nowMs - ms) / 1_000))} s old.</span>;
}
