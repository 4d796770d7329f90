/** The real host fails the call, and restarts the worker process with everything else that runs in it. */
export class FunctionTimeout extends Error {
  constructor(functionName: string, timeoutMs: number) {
    super(`Timeout value of ${timeSpan(timeoutMs)} was exceeded by function: Functions.${functionName}`);
    this.name = 'FunctionTimeout';
  }
}

/** `functionTimeout` of host.json, in wall time: under the virtual clock no time passes while a function runs. */
export async function withinTimeout<T>(
  functionName: string,
  timeoutMs: number | undefined,
  work: Promise<T>,
): Promise<T> {
  if (timeoutMs === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new FunctionTimeout(functionName, timeoutMs));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}

function timeSpan(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
