/** One Ctrl-C may arrive twice: from the terminal, and passed on by npm or a supervisor. */
const ONE_PRESS_MS = 1_000;

/** Resolves when a person presses Ctrl-C or the process is asked to end. Pressed again, it ends there and then. */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    let firstMs: number | null = null;
    const heard = (): void => {
      const nowMs = performance.now();
      firstMs ??= nowMs;
      if (nowMs - firstMs > ONE_PRESS_MS) process.exit(130);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, heard);
  });
}
