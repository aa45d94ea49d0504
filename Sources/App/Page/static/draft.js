/** What is typed but not sent, kept on the server for each conversation.
 *
 * A pause of 400 ms in typing saves; leaving a conversation or the page saves at once, always under the id that the text
 * was typed in. Saves of one conversation go one after the other. A save that fails is tried again, ever more rarely, and at
 * once when the server is back.
 */
import { post } from './api.js';
import { isReachable, reachabilityChanged } from './connection.js';

const pause = 400;
const firstWait = 1000;
const longestWait = 60_000;

/** session id → {text, files, saved: boolean, savedAt: milliseconds} of what was typed in this page. */
const typed = new Map();
const queues = new Map();
let timer = null;
let waitingId = null;
let retry = null;
let wait = firstWait;

reachabilityChanged.listen((reachable) => { if (reachable) saveAll(); });
addEventListener('pagehide', leavePage);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') leavePage();
});

/** The text of a conversation changed; it is saved after a pause. */
export function draftChanged(id, text) {
  if (waitingId && waitingId !== id) flush();
  remember(id, text);
  waitingId = id;
  clearTimeout(timer);
  timer = setTimeout(flush, pause);
}

/** Saves now what waits for a pause. */
export function flush() {
  clearTimeout(timer);
  timer = null;
  const id = waitingId;
  waitingId = null;
  if (id) save(id);
}

/** The page may not come back, so everything that is not saved gets its last chance. */
function leavePage() {
  clearTimeout(timer);
  waitingId = null;
  saveAll({ leaving: true });
}

/** The prompt was taken, so its draft is done with. */
export function draftSent(id) {
  if (waitingId === id) {
    clearTimeout(timer);
    waitingId = null;
  }
  remember(id, '');
  save(id);
}

/** Keeps a text for a conversation that is not open any more. */
export function keepDraft(id, text) {
  remember(id, text);
  save(id);
}

/** Forgets a conversation that is gone. */
export function forgetDraft(id) {
  if (waitingId === id) waitingId = null;
  typed.delete(id);
}

/** What was typed in this page and has not reached the server yet; empty when nothing is. */
export function unsavedDraft(id) {
  const own = typed.get(id);
  return own && !own.saved ? own.text : '';
}

/** The text to show on opening: what the server stored, or what this page knows better.
 *
 * @param asked  when the summary was asked for; an answer older than our last save says nothing new
 */
export function draftToShow(summary, asked) {
  const id = summary.session_id;
  const own = typed.get(id);
  if (own && (!own.saved || own.savedAt >= asked)) return own.text;
  const stored = summary.composer_draft;
  const text = typeof stored?.text === 'string' ? stored.text : '';
  const files = Array.isArray(stored?.files) ? stored.files : [];
  typed.set(id, { text, files, saved: true, savedAt: 0 });
  // The prompt of the running turn may still stand in the draft when its page closed too early to clear it.
  return text.trim() !== '' && text.trim() === summary.pending_user_message ? '' : text;
}

function remember(id, text) {
  const before = typed.get(id);
  typed.set(id, { text, files: before?.files ?? [], saved: false, savedAt: before?.savedAt ?? 0 });
}

function save(id, { leaving = false } = {}) {
  const earlier = leaving ? Promise.resolve() : queues.get(id) ?? Promise.resolve();
  const next = earlier.then(async () => {
    const entry = typed.get(id);
    if (!entry || entry.saved) return;
    const { text, files } = entry;
    try {
      // A request that may outlive the page is limited to 64 KiB, so only a long text is sent without that.
      await post('api/session/draft', { session_id: id, text, files }, { leaving: leaving || text.length < 10_000 });
      wait = firstWait;
      if (typed.get(id)?.text === text) typed.set(id, { text, files, saved: true, savedAt: Date.now() });
    } catch (failure) {
      // Only a conversation that is gone needs no draft. A full disk or a refusal passes, so the text is kept.
      if (failure.status === 404) forgetDraft(id);
      else tryAgainLater();
    }
  });
  queues.set(id, next);
}

function saveAll({ leaving = false } = {}) {
  for (const [id, entry] of typed) if (!entry.saved) save(id, { leaving });
}

function tryAgainLater() {
  if (retry) return;
  retry = setTimeout(() => {
    retry = null;
    // While the server is away nobody knocks; its return is announced.
    if (isReachable()) saveAll();
  }, wait);
  wait = Math.min(wait * 2, longestWait);
}
