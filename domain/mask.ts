/**
 * Does a text have this form, in which `*` stands for any run of characters? Without regard to case. Masks are other people's input: a
 * regular expression made of several `*` may try every way to divide a text among them, and not end. To return to the last star alone is enough.
 */
export function fitsMask(mask: string, text: string): boolean {
  const [wanted, given] = [mask.toLowerCase(), text.toLowerCase()];
  let [inMask, inText] = [0, 0];
  let star: { readonly inMask: number; inText: number } | null = null;
  while (inText < given.length) {
    if (wanted[inMask] === '*') {
      star = { inMask, inText };
      inMask += 1;
    } else if (wanted[inMask] === given[inText]) {
      inMask += 1;
      inText += 1;
    } else if (star !== null) {
      star.inText += 1;
      inMask = star.inMask + 1;
      inText = star.inText;
    } else return false;
  }
  while (wanted[inMask] === '*') inMask += 1;
  return inMask === wanted.length;
}
