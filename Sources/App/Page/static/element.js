/** Builds one element: `element('button', { class: 'send', type: 'button', onclick: send }, 'Send')`.
 *
 * A key that begins with `on` adds a listener, `true` sets an empty attribute, and null or false leaves it out.
 * Children are nodes or texts; texts stay texts, so nothing that a conversation holds can become markup here.
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** The element with this id. The page's HTML is fixed, so a missing one is a mistake worth hearing about. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element with the id ${id}`);
  return found;
}

const svg = 'http://www.w3.org/2000/svg';

/** A 20×20 line drawing from one path. */
export function icon(path) {
  const drawing = document.createElementNS(svg, 'svg');
  drawing.setAttribute('viewBox', '0 0 20 20');
  drawing.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(svg, 'path');
  line.setAttribute('d', path);
  drawing.append(line);
  return drawing;
}
