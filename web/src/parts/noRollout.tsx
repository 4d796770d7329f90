import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { askAllNow } from '../live';
import { useWhyNoOperator } from '../me';
import { addressOf, Link } from '../router';
import { send, type Problem } from '../send';
import { Empty } from './empty';
import { ProblemNote } from './problemNote';

/** What a newcomer sees on a host that has rolled out nothing yet. */
export function NoRollout({ wanted }: { readonly wanted: string | null }): JSX.Element {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isSending, setIsSending] = useState(false);
  const off = useWhyNoOperator();
  if (wanted !== null)
    return (
      <Empty title={`There is no rollout ${wanted.slice(0, 40)} here`}>
        <Link to={addressOf('/', { rollout: null })}>Show the latest one</Link>
      </Empty>
    );
  const start = async (): Promise<void> => {
    setIsSending(true);
    const sent = await send('POST', '/api/rollouts', {});
    setIsSending(false);
    setProblem(sent.kind === 'refused' ? sent.problem : null);
    askAllNow();
  };
  return (
    <div class="empty">
      <h2>No rollout yet</h2>
      <p>
        The monthly timer starts one by itself when the month’s patches are released: on the second Tuesday at
        10:00 in Los Angeles. You can also start that of the latest release now.
      </p>
      <p>
        <button
          type="button"
          class="primary"
          aria-disabled={off !== null || isSending}
          aria-describedby="why-no-start"
          onClick={() => {
            if (off === null && !isSending) void start();
          }}
        >
          Start the latest month
        </button>
      </p>
      <p id="why-no-start" class="quiet">
        {off}
      </p>
      <ProblemNote problem={problem} />
    </div>
  );
}
