import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useConnection, type Unread } from '../connection';
import { askAllNow } from '../live';
import { Icon } from './icon';

/** Says that what is on the page, or a part of it, may be old, since when, and what can be done; nothing while all is well. */
export function ConnectionBar(): JSX.Element {
  const { kind, lastAnswerMs, why, unread } = useConnection();
  return (
    <div class="connection-bar-place" role="status">
      {kind === 'lost' ? (
        <Bar>
          <strong>Connection lost.</strong> {why}{' '}
          {lastAnswerMs === null ? (
            'There has been no answer yet.'
          ) : (
            <Since what="What you see" ms={lastAnswerMs} />
          )}
        </Bar>
      ) : (
        kind === 'live' && unread !== null && <Part unread={unread} />
      )}
    </div>
  );
}

function Part({ unread: { problem, readMs } }: { readonly unread: Unread }): JSX.Element {
  return (
    <Bar>
      <strong>Part of this page could not be read.</strong> {problem.title} {problem.detail}{' '}
      {readMs === null ? 'It is missing.' : <Since what="What you see of it" ms={readMs} />}
    </Bar>
  );
}

function Bar({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    <div class="connection-bar">
      <Icon name="warning" />
      <p>{children} It is tried again by itself.</p>
      <button type="button" onClick={askAllNow}>
        Try now
      </button>
    </div>
  );
}

/** What is shown is so old: it counts on without being read aloud every second. */
function Since({ what, ms }: { readonly what: string; readonly ms: number }): JSX.Element {
  const [nowMs, setNowMs] = useState(Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => {
      setNowMs(Date.now());
    }, 1_000);
    return () => {
      window.clearInterval(timer);
    };
  }, []);
  return (
    <span aria-live="off">
      {what} is {Math.max(0, Math.round((nowMs - ms) / 1_000))} s old.
    </span>
  );
}
