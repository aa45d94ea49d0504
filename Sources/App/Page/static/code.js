/** Code blocks: a bar with the language and a copy button, and colours.
 *
 * The highlighter is large, so it is fetched when the first code block with a known language appears.
 */
import { loadCleaner } from './cleaner.js';
import { element } from './element.js';

const longestHighlighted = 60_000;

let loading = null;

/** Puts each `pre` of the box into a frame with its language and a button that copies it. */
export function decorateCode(box) {
  for (const block of box.querySelectorAll('pre')) {
    if (block.parentElement?.classList.contains('code-frame')) continue;
    const frame = element('div', { class: 'code-frame' });
    block.replaceWith(frame);
    frame.append(codeBar(languageOf(block.querySelector('code')), () => block.textContent), block);
    block.tabIndex = 0;
  }
}

/** A frame around text that is not Markdown, such as the output of a tool. */
export function codeFrame(text, label) {
  const code = element('code', label ? { class: `language-${label}` } : {}, text);
  const frame = element('div', { class: 'code-frame' });
  frame.append(codeBar(label, () => text), element('pre', { tabindex: '0' }, code));
  return frame;
}

function codeBar(language, text) {
  const button = element('button', { type: 'button', class: 'copy' }, 'Copy');
  button.addEventListener('click', async () => {
    const copied = await copy(text());
    button.textContent = copied ? 'Copied' : 'Copying failed';
    setTimeout(() => { button.textContent = 'Copy'; }, 1600);
  });
  return element('div', { class: 'code-bar' }, element('span', {}, language || 'text'), button);
}

/** The clipboard interface exists only on secure pages; on a plain one in a local network the old command still works. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = element('textarea', { class: 'visually-hidden', 'aria-hidden': 'true' });
    field.value = text;
    document.body.append(field);
    field.select();
    const copied = document.execCommand('copy');
    field.remove();
    return copied;
  }
}

function languageOf(code) {
  const found = /(?:^|\s)language-([\w+#.-]+)/.exec(code?.className ?? '');
  return found ? found[1].toLowerCase() : '';
}

/** Colours the code blocks of the box, now or when the highlighter has arrived. */
export function highlight(box) {
  const blocks = [...box.querySelectorAll('pre > code')].filter((code) => languageOf(code) && !code.dataset.coloured);
  if (blocks.length === 0) return;
  loading ??= loadHighlighter();
  void loading.then((tools) => {
    if (tools) for (const block of blocks) colour(block, tools);
  });
}

function colour(code, { highlighter, purify }) {
  const language = languageOf(code);
  if (code.dataset.coloured || code.textContent.length > longestHighlighted || !highlighter.getLanguage(language)) return;
  code.dataset.coloured = 'yes';
  const { value } = highlighter.highlight(language, code.textContent, true);
  code.replaceChildren(purify.sanitize(value, { ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'], RETURN_DOM_FRAGMENT: true }));
}

/** Resolves to null when a file is missing; code then simply has no colours. */
async function loadHighlighter() {
  try {
    const { default: purify } = await loadCleaner();
    const script = element('script', { src: new URL('./vendor/highlight.min.js', import.meta.url).href });
    await new Promise((resolve, reject) => {
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
    // A second, separate cleaner: the one for Markdown drops every class but a language.
    return { highlighter: window.hljs, purify: purify(window) };
  } catch {
    return null;
  }
}
