/** Whether the server can be reached.
 *
 * Requests and event streams report what they see here. After a failure one loop asks `health` until an answer comes;
 * everybody else waits for that instead of knocking on their own. Nothing is asked while all is well.
 */
import { at } from './address.js';
import { signal } from './signal.js';

const firstWait = 500;
const longestWait = 10_000;

/** Emitted with true or false when reachability changes. */
export const reachabilityChanged = signal();

let reachable = true;
let search = null;

export function isReachable() {
  return reachable;
}

/** A request got an answer, so the server is there. */
export function answered() {
  settle(true);
}

/** Resolves as soon as the server answers; starts the search for it if nobody has. */
export function serverAnswers() {
  search ??= searchForServer().finally(() => { search = null; });
  return search;
}

function settle(now) {
  if (reachable === now) return;
  reachable = now;
  reachabilityChanged.emit(now);
}

async function searchForServer() {
  for (let wait = firstWait; ; wait = Math.min(wait * 1.7, longestWait)) {
    if (await healthAnswers()) return settle(true);
    settle(false);
    await pause(wait * (0.85 + Math.random() * 0.3));
  }
}

/** A gateway in front answers 502 to 504 when the server behind it is away, which is as good as no answer. */
async function healthAnswers() {
  try {
    const answer = await fetch(at('health'), { cache: 'no-store', signal: AbortSignal.timeout(8000) });
    return answer.status < 502 || answer.status > 504;
  } catch {
    return false;
  }
}

/** Waits, but not longer than until the browser says that the network is back. */
function pause(milliseconds) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener('online', done);
  });
}
