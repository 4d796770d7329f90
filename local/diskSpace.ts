import { statfs } from 'node:fs/promises';
import { LowtideError } from '../domain/lowtideError';

/** Bytes that this user may still write to the disk of a folder. */
export type FreeBytes = (folder: string) => Promise<number>;

const MEBIBYTE = 1_048_576;

/** A month of 600 VMs takes some 100 MiB: orchestrations, Azurite's tables, the redo log. */
const START_BYTES_MIN = 200 * MEBIBYTE;
/** Below this the next write may fail half way. */
const RUN_BYTES_MIN = 4 * MEBIBYTE;
const LOOK_EVERY_MS = 1_000;

export const freeBytes: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** Refuses to begin what would fill the disk in the middle. */
export async function checkRoom(folder: string, free: FreeBytes = freeBytes): Promise<void> {
  const bytes = await free(folder);
  if (bytes < START_BYTES_MIN) throw diskFull(folder, bytes);
}

/** Calls back once, when the disk is full. What it returns ends the watch. */
export function watchRoom(
  folder: string,
  onFull: (error: LowtideError) => void,
  free: FreeBytes = freeBytes,
): () => void {
  const look = async (): Promise<void> => {
    const bytes = await free(folder);
    if (bytes >= RUN_BYTES_MIN) return;
    clearInterval(timer);
    onFull(diskFull(folder, bytes));
  };
  const timer = setInterval(() => {
    // A folder that cannot be looked at shows itself where it is used.
    look().catch(() => undefined);
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

function diskFull(folder: string, bytes: number): LowtideError {
  return new LowtideError('STORAGE_UNAVAILABLE', {
    what: `There is no space left in ${folder}.`,
    why: `Its disk has ${Math.floor(bytes / MEBIBYTE)} MiB free; Lowtide starts with ${START_BYTES_MIN / MEBIBYTE} MiB and stops below ${RUN_BYTES_MIN / MEBIBYTE} MiB.`,
    fix: 'Free space on that disk, or give a folder on another disk with --state.',
  });
}
