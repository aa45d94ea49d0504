/** Event streams that stay open.
 *
 * The browser's own reconnect knows neither our cursor nor when to give up, so an error always closes the stream here,
 * and this file opens the next one: at once when the server came back, otherwise after 0.5 s, growing to 10 s.
 */
import { answered, serverAnswers } from './connection.js';

const firstWait = 500;
const longestWait = 10_000;

/** Follows one event stream until `close()` is called on the result.
 *
 * @param address   called before each attempt, so that it can carry the newest cursor
 * @param names     the event names to listen for
 * @param received  called with (name, data, lastEventId)
 * @param before    called before each attempt but the first; the stream is over if it resolves to false
 * @param opened    called when an attempt succeeded
 */
export function follow({ address, names, received, before = async () => true, opened = () => {} }) {
  let source = null;
  let closed = false;
  let wait = firstWait;
  let timer = null;

  function open() {
    if (closed) return;
    source = new EventSource(address(), { withCredentials: true });
    source.onopen = () => {
      answered();
      opened();
    };
    source.onerror = (event) => {
      // A server may send an event that is named "error"; a failure of the transport has no data.
      if (typeof event.data === 'string') return;
      source.close();
      source = null;
      if (!closed) void tryAgain();
    };
    for (const name of names) source.addEventListener(name, (event) => deliver(name, event));
  }

  function deliver(name, event) {
    if (closed || typeof event.data !== 'string') return;
    wait = firstWait;
    let data;
    try {
      data = JSON.parse(event.data);
    } catch {
      return;
    }
    received(name, data, event.lastEventId);
  }

  async function tryAgain() {
    await serverAnswers();
    await new Promise((resolve) => { timer = setTimeout(resolve, wait * (0.8 + Math.random() * 0.4)); });
    wait = Math.min(wait * 2, longestWait);
    if (closed) return;
    let goOn;
    try {
      goOn = await before();
    } catch {
      goOn = null;
    }
    if (closed || goOn === false) return;
    if (goOn === null) void tryAgain();
    else open();
  }

  open();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      source?.close();
      source = null;
    },
  };
}

/** Follows a stream only while the page is in sight.
 *
 * A browser opens six connections to a server, for all its tabs together. Tabs in the background give theirs back, and
 * `caughtUp` is called when this one returns, to fetch what it missed.
 */
export function followWhileVisible(options, caughtUp = () => {}) {
  let stream = null;
  const match = () => {
    if (document.visibilityState === 'visible' && !stream) stream = follow(options);
    else if (document.visibilityState !== 'visible' && stream) {
      stream.close();
      stream = null;
    }
  };
  const changed = () => {
    const wasAway = !stream;
    match();
    if (wasAway && stream) caughtUp();
  };
  document.addEventListener('visibilitychange', changed);
  match();
  return {
    close() {
      document.removeEventListener('visibilitychange', changed);
      stream?.close();
      stream = null;
    },
  };
}
