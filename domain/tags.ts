/** The value of a tag. Azure keeps the case of tag names and ignores it when it compares them; so do we. */
export function tagOf(tags: Readonly<Record<string, string>>, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const key in tags) if (key.length === name.length && key.toLowerCase() === wanted) return tags[key];
  return undefined;
}
