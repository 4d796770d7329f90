/** Names for a sentence, so many of them: `a, b and 3 more`. */
export function listed(names: readonly string[], shownMax: number): string {
  const more = names.length - shownMax;
  return `${names.slice(0, shownMax).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** `1 VM`, `2 VMs`. */
export const vmsText = (count: number): string => (count === 1 ? '1 VM' : `${count} VMs`);
