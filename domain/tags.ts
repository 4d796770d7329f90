/** The value of a tag. Azure keeps the case of tag names and ignores it when it compares them; so do we. */
export function tagOf(tags: Readonly<Record<string, string>>, name: string): string | undefined {
  for (const key in tags)
    if (key.length === name.length && (key === name || key.toLowerCase() === name.toLowerCase()))
      return tags[key];
  return undefined;
}
