import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { Month } from '../domain/ids';
import { PACKAGE_ROOT } from '../local/packageRoot';

/** Readers of option values: each refuses with a sentence that names what is accepted. */

export function wholeNumber(from: number, to = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= from && value <= to) return value;
    const upTo = to === Number.MAX_SAFE_INTEGER ? 'or more' : `to ${to}`;
    throw new InvalidArgumentError(`It is a whole number, ${from} ${upTo}.`);
  };
}

/** Times as fast as real time. */
export function speed(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It is a number greater than 0: how many times as fast as real time.');
}

/** Azure patches guests since then; there is no month of it before. */
const FIRST_MONTH = '2020-01';
/** Farther ahead no time-zone rules are published. */
const YEARS_AHEAD_MAX = 5;

export function month(text: string): Month {
  const parsed = Month.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('A month is written YYYY-MM, as in 2026-11.');
  const last = `${new Date().getUTCFullYear() + YEARS_AHEAD_MAX}-12`;
  if (parsed.data >= FIRST_MONTH && parsed.data <= last) return parsed.data;
  throw new InvalidArgumentError(`Give a month from ${FIRST_MONTH} to five years ahead.`);
}

export function baseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, '');
  throw new InvalidArgumentError('It is the address of a running host, as in http://127.0.0.1:7071.');
}

/** A fleet that ships with Lowtide is named the same wherever the command is typed: `fleets/contoso.json`. */
export function fleetFile(file: string): string {
  const shipped = join(PACKAGE_ROOT, file);
  return existsSync(file) || !/^fleets[\\/]/.test(file) || !existsSync(shipped)
    ? file
    : relative('', shipped);
}
