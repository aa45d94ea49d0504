/** Short notices that pass, and banners that stay. */
import { byId, element } from './element.js';
import { reachabilityChanged } from './connection.js';

const shownFor = 8000;

/** Shows a notice; with an `action` (`{label, run}`) it stays until it is used or closed. */
export function notice(text, action = null) {
  const node = element('div', { class: 'notice' }, element('span', {}, text));
  const close = () => node.remove();
  if (action) {
    node.append(element('button', { type: 'button', class: 'quiet', onclick: () => { close(); action.run(); } }, action.label));
  } else {
    setTimeout(close, shownFor);
  }
  node.append(element('button', { type: 'button', class: 'close', 'aria-label': 'Dismiss', onclick: close }, '×'));
  byId('notices').append(node);
}

/** Shows a banner above the page and returns how to take it away. */
export function banner(kind, children, { dismissible = false } = {}) {
  const node = element('div', { class: `banner ${kind}` }, element('p', {}, children));
  const remove = () => node.remove();
  if (dismissible) node.append(element('button', { type: 'button', class: 'close', 'aria-label': 'Dismiss', onclick: remove }, '×'));
  // The newest matters most, so it comes first.
  byId('banners').prepend(node);
  return remove;
}

/** Says when the server cannot be reached, and that it is being looked for. */
export function showConnectionState() {
  let remove = null;
  reachabilityChanged.listen((reachable) => {
    remove?.();
    remove = reachable ? null : banner('lost', [element('strong', {}, 'Connection lost — retrying'), ' What you type is kept.']);
  });
}

/** Says that answers come from the built-in demonstration, and how to get real ones. */
export function showAgent(status) {
  if (!status.agent?.demo) return;
  banner('demo', [
    element('strong', {}, 'This is a demo.'),
    ' The answers are made up and nothing is carried out. ',
    status.agent.hint ?? '',
  ], { dismissible: true });
}
