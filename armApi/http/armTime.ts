import { hash53 } from '../../domain/seed';

/**
 * An instant as Compute writes it: with an offset, a fraction of up to seven digits, and without the zeros at its end. What lies below
 * the millisecond follows from the instant, so that the same instant is always written alike.
 */
export function armTime(utc: string): string {
  const iso = new Date(utc).toISOString();
  const seconds = iso.slice(0, 19);
  const milliseconds = iso.slice(20, 23);
  if (milliseconds === '000') return `${seconds}+00:00`;
  const below = String(hash53(iso) % 10_000).padStart(4, '0');
  return `${seconds}.${`${milliseconds}${below}`.replace(/0+$/, '')}+00:00`;
}
