/** Where this page lives, and which conversation its address names.
 *
 * Nothing is served from a fixed path: a proxy may put the page below any prefix. The part of the address before
 * `/session/` (or before the last slash) is the base that every request is made from.
 */

const marker = '/session/';

function baseOf(path) {
  const cut = path.lastIndexOf(marker);
  return cut >= 0 ? path.slice(0, cut + 1) : path.slice(0, path.lastIndexOf('/') + 1);
}

export const base = new URL(baseOf(location.pathname), location.origin);

/** The absolute address of a path that is written without a leading slash, such as `api/sessions`. */
export function at(path) {
  return new URL(path, base).href;
}

/** The id of the conversation in the address bar, or null on the start page. */
export function sessionInAddress() {
  const cut = location.pathname.lastIndexOf(marker);
  if (cut < 0) return null;
  const id = decodeURIComponent(location.pathname.slice(cut + marker.length));
  return /^[0-9A-Za-z_-]+$/.test(id) ? id : null;
}

export function addressOf(sessionId) {
  return sessionId ? at(`session/${encodeURIComponent(sessionId)}`) : base.href;
}

/** Puts a conversation in the address bar; `replace` leaves no extra step for the Back button. */
export function showInAddress(sessionId, { replace = false } = {}) {
  const address = addressOf(sessionId);
  if (address === location.href) return;
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
}
