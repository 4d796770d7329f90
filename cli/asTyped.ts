import { IS_INSTALLED } from '../local/packageRoot';

/** Commands in a text as a person types them here: `npm run plan -- --azure` is `npx lowtide plan --azure` where Lowtide is installed. */
export function asTyped(text: string, isInstalled: boolean = IS_INSTALLED): string {
  if (!isInstalled) return text;
  return text
    .replace(/npm run (?:--silent )?lowtide --(?= |$)/g, 'npx lowtide')
    .replace(
      /npm run (?:--silent )?([a-z]+)(?::([a-z]+))?(?: --(?= |$))?/g,
      (_all, first: string, second = '') =>
        second === '' ? `npx lowtide ${first}` : `npx lowtide ${first}-${second}`,
    )
    .replace(/npm start(?: --(?= |$))?/g, 'npx lowtide start');
}
