import { readdirSync, watch } from 'node:fs';

/**
 * The real host watches the root of the app, and restarts when a folder is made or removed there (files inside of folders it does not
 * look at). The emulator does not restart; it says so, that a test notices. Returns the end of watching.
 */
export function watchAppRoot(appDir: string, log: (line: string) => void): () => void {
  let known = foldersIn(appDir);
  const compare = (): void => {
    const now = foldersIn(appDir);
    for (const name of now) if (!known.has(name)) report('Created', name);
    for (const name of known) if (!now.has(name)) report('Deleted', name);
    known = now;
  };
  const report = (change: 'Created' | 'Deleted', name: string): void => {
    log(
      `warning: Directory change of type '${change}' detected for '${name}': the real host restarts now. ` +
        "Let the build make the folder, or put it outside of the app's root.",
    );
  };
  const watcher = watch(appDir, { persistent: false }, compare);
  watcher.on('error', () => {
    watcher.close();
  });
  return () => {
    watcher.close();
    compare();
  };
}

function foldersIn(appDir: string): ReadonlySet<string> {
  try {
    const entries = readdirSync(appDir, { withFileTypes: true });
    return new Set(entries.filter((entry) => entry.isDirectory()).map(({ name }) => name));
  } catch {
    return new Set(); // the folder itself is gone
  }
}
