/** Markdown to nodes.
 *
 * Text is parsed by marked and cleaned by DOMPurify with short lists of what may pass; all else is dropped. When either
 * library is missing the text is shown as it was written. Nothing reaches the page around the cleaning.
 */
import { element } from './element.js';
import { loadCleaner } from './cleaner.js';
import { decorateCode, highlight } from './code.js';

const allowedTags = [
  'a', 'abbr', 'b', 'blockquote', 'br', 'code', 'dd', 'del', 'details', 'div', 'dl', 'dt', 'em', 'h1', 'h2', 'h3', 'h4',
  'h5', 'h6', 'hr', 'i', 'img', 'input', 'ins', 'kbd', 'li', 'mark', 'ol', 'p', 'pre', 'q', 's', 'samp', 'small', 'span',
  'strong', 'sub', 'summary', 'sup', 'table', 'tbody', 'td', 'tfoot', 'th', 'thead', 'tr', 'u', 'ul', 'var',
];
const allowedAttributes = ['align', 'alt', 'checked', 'class', 'colspan', 'disabled', 'href', 'open', 'rowspan', 'src', 'start',
  'title', 'type'];
/** Tags that a text may use as HTML, if they carry no attributes. Any other tag is shown as it was written. */
const plainTags = new Set(['b', 'br', 'dd', 'del', 'details', 'dl', 'dt', 'em', 'i', 'ins', 'kbd', 'li', 'mark', 'ol', 'p', 'q', 's',
  'samp', 'small', 'strong', 'sub', 'summary', 'sup', 'u', 'ul', 'var']);
const rasterImage = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=\s]+$/i;
const safeLink = /^(?:https?:\/\/|mailto:)/i;

let libraries = null;

/** Loads both libraries. Resolves to false when the page has to do without them. */
export async function loadMarkdown() {
  try {
    const [{ marked, Lexer, Parser }, { default: purify }] = await Promise.all([
      import(new URL('./vendor/marked.esm.js', import.meta.url).href),
      loadCleaner(),
    ]);
    const renderer = new marked.Renderer();
    renderer.html = harmlessHtml;
    const options = { ...marked.getDefaults(), renderer, gfm: true, breaks: false, mangle: false, headerIds: false, silent: true };
    libraries = { marked, Lexer, Parser, options, purify };
    purify.addHook('uponSanitizeAttribute', keepOnlyLanguageClasses);
    return true;
  } catch (cause) {
    console.warn('Markdown is shown as plain text:', cause.message);
    return false;
  }
}

/** The nodes for a finished text. */
export function markdown(text) {
  const box = element('div', { class: 'markdown' });
  if (!libraries) {
    box.append(element('div', { class: 'plain' }, text));
    return box;
  }
  box.append(clean(libraries.marked.parse(text, libraries.options)));
  finish(box);
  return box;
}

/** A box whose text grows. `show(text)` redraws only the blocks that changed, which at the end of a long answer is one. */
export function growingMarkdown() {
  const box = element('div', { class: 'markdown' });
  let blocks = [];

  function show(text) {
    if (!libraries) {
      box.replaceChildren(element('div', { class: 'plain' }, text));
      return;
    }
    const tokens = libraries.Lexer.lex(text, libraries.options);
    const definitions = JSON.stringify(tokens.links);
    const shown = tokens.filter((token) => token.type !== 'space');
    shown.forEach((token, index) => {
      const old = blocks[index];
      if (old && old.raw === token.raw && old.definitions === definitions) return;
      const block = element('div', { class: 'block' });
      const one = [token];
      one.links = tokens.links;
      block.append(clean(libraries.Parser.parse(one, libraries.options)));
      finish(block, { highlighting: false });
      if (old) old.block.replaceWith(block);
      else box.append(block);
      blocks[index] = { raw: token.raw, definitions, block, highlighted: false };
    });
    for (const left of blocks.slice(shown.length)) left.block.remove();
    blocks = blocks.slice(0, shown.length);
    for (const entry of blocks.slice(0, -1)) {
      if (!entry.highlighted) highlight(entry.block);
      entry.highlighted = true;
    }
  }

  return { box, show };
}

function clean(html) {
  return libraries.purify.sanitize(html, {
    ALLOWED_TAGS: allowedTags,
    ALLOWED_ATTR: allowedAttributes,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    FORBID_CONTENTS: ['script', 'style', 'template', 'iframe', 'object', 'svg', 'math', 'noscript', 'title'],
    RETURN_DOM_FRAGMENT: true,
  });
}

/** Keeps bare harmless tags such as `<br>` and shows all other HTML as text.
 *
 * The cleaning would drop the rest anyway; but a reader should see what a text really contains.
 */
function harmlessHtml(html) {
  return html.replace(/<\/?([a-z][a-z0-9]*)\s*\/?>|[<>]/gi, (found, name) => {
    if (name && plainTags.has(name.toLowerCase())) return found;
    return found.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  });
}

/** A class from a text could dress it up as part of the page, so only the language of a code block stays. */
function keepOnlyLanguageClasses(node, attribute) {
  if (attribute.attrName !== 'class') return;
  const language = /(?:^|\s)(language-[\w+#.-]{1,40})/.exec(attribute.attrValue);
  if (language && node.nodeName === 'CODE') attribute.attrValue = language[1];
  else attribute.keepAttr = false;
}

function finish(box, { highlighting = true } = {}) {
  for (const link of box.querySelectorAll('a')) finishLink(link);
  for (const image of box.querySelectorAll('img')) finishImage(image);
  for (const input of box.querySelectorAll('input')) {
    if (input.type === 'checkbox') input.disabled = true;
    else input.remove();
  }
  for (const table of box.querySelectorAll('table')) {
    const frame = element('div', { class: 'table-frame', tabindex: '0', role: 'region', 'aria-label': 'Table' });
    table.replaceWith(frame);
    frame.append(table);
  }
  decorateCode(box);
  if (highlighting) highlight(box);
}

/** Only whole web and mail addresses are links: a relative one would lead into this server's own interface. */
function finishLink(link) {
  const target = link.getAttribute('href') ?? '';
  if (!safeLink.test(target.trim())) {
    link.replaceWith(...link.childNodes);
    return;
  }
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
}

/** A remote picture would tell its server, by the address alone, whatever a text put into it; it becomes a link. */
function finishImage(image) {
  const source = (image.getAttribute('src') ?? '').trim();
  if (rasterImage.test(source)) {
    image.loading = 'lazy';
    return;
  }
  const name = image.alt || 'image';
  if (!/^https?:\/\//i.test(source)) {
    image.replaceWith(element('span', { class: 'no-image' }, `[${name}]`));
    return;
  }
  if (image.closest('a')) image.replaceWith(`[${name}]`);
  else image.replaceWith(element('a', { href: source, target: '_blank', rel: 'noopener noreferrer', class: 'no-image' }, `Image: ${name}`));
}
