import { hash53 } from '../../domain/seed';

/** Shaped like a GUID, made of words: the same words give the same one. */
export function guidOf(...words: readonly (string | number)[]): string {
  const text = words.join('\u0000');
  const hex = [1, 2, 3].map((salt) => hash53(text, salt).toString(16).padStart(14, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
