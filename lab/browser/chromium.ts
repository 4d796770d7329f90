import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Where Debian and others put it. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'] as const;

/** A page that works here works offline: no name but that of this machine means anything. */
const NO_OTHER_HOST = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1';

/** The browser that the machine has; never one that a package downloads. Throws an error that says how to get one. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = PLACES.find((path) => existsSync(path));
  if (executablePath === undefined)
    throw new Error(
      `There is no Chromium on this machine (${PLACES.join(', ')}), and the dashboard is judged in a real browser. ` +
        'Install it: `apt-get install --no-install-recommends chromium`.',
    );
  // As root, which CI is, Chromium runs only without its sandbox. It shows pages of this machine alone.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args: [...args, '--disable-dev-shm-usage', NO_OTHER_HOST] });
}
