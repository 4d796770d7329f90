/** Takes out of recorded values what differs between any two runs: ids, times, ports, task hub, keys, stack traces. */

const GUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const PLAIN_GUID = /\b[0-9a-f]{32}\b/gi;
const INSTANT = /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|\+00:00)?/g;

export function normalise(value: unknown): unknown {
  if (typeof value === 'string') return normaliseText(value);
  if (Array.isArray(value)) return value.map(normalise);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [normaliseText(key), normaliseField(key, item)]),
  );
}

function normaliseField(key: string, value: unknown): unknown {
  // Dates that the apps made themselves are kept.
  if (key === 'when') return value;
  if (/^(RemoteStackTrace|StackTrace)$/.test(key) && typeof value === 'string') return 'STACK';
  if (key === 'startTime' || key === 'duration' || key === 'waitedMs') return key;
  return normalise(value);
}

function normaliseText(text: string): string {
  const details = text.indexOf('{"$type":');
  if (details >= 0) return normaliseText(text.slice(0, details)) + normaliseJson(text.slice(details));
  return text
    .replace(/(StackTrace:|\nStack: )[\s\S]*$/, '$1STACK')
    .replace(/\/\/127\.0\.0\.1:\d+/g, '//HOST')
    .replace(/^127\.0\.0\.1:\d+$/, 'HOST')
    .replace(/taskHub=\w+/g, 'taskHub=HUB')
    .replace(/code=\w+/g, 'code=KEY')
    .replace(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, 'TIME')
    .replace(GUID, 'ID')
    .replace(PLAIN_GUID, 'ID')
    .replace(INSTANT, (instant) =>
      instant.startsWith('2020-01-01') || instant.startsWith('1970') ? instant : 'TIME',
    );
}

/** JSON inside of a string: a .NET exception or message. Whatever stands behind it in the text is kept. */
function normaliseJson(text: string): string {
  try {
    return JSON.stringify(normalise(JSON.parse(text)));
  } catch {
    return text;
  }
}
