/** DOMPurify, which takes everything dangerous out of HTML.
 *
 * Debian's 2.4.1 (2.4.1+dfsg+~2.4.0-2+deb12u1) reads a variable `shadowNode` in `sanitize` that it never declares, and so
 * throws for every text. The nesting depth that it wants to check there is checked again for each node right after. A
 * global of that name, with a depth of 0, makes the stray line do nothing; a mended library never looks at it.
 */
globalThis.shadowNode ??= Object.freeze({ __depth: 0 });

/** Resolves to the library's module: `default` cleans, and called with a window it makes a second, separate cleaner. */
export function loadCleaner() {
  return import(new URL('./vendor/purify.es.js', import.meta.url).href);
}
