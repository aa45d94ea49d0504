/** The conversation that is open: loads it, follows its turn, and lets go of it. (`sending.js` starts turns in it.)
 *
 * Every opening takes a new number. Whatever arrives later under an older number is dropped, so a slow answer for one
 * conversation can never appear in another. `reading` does the same for repeated reads of one conversation.
 */
import { sessionInAddress, showInAddress } from './address.js';
import { serverAnswers } from './connection.js';
import { pendingPrompt } from './conversation.js';
import { draftToShow, flush, forgetDraft, unsavedDraft } from './draft.js';
import { readEarlier, readNewest, readSummary } from './read-session.js';
import { sending } from './sending.js';
import { followTurn } from './stream.js';
import { watchSession } from './watch-session.js';

const firstWait = 1000;
const longestWait = 30_000;

/** @param parts  `{formatting, messages, composer, questions, liveBox, scroll, header, notice, listChanged, modelForNew, wrongProfile}` */
export function openSession(parts) {
  const { formatting, messages, composer, questions, liveBox, scroll, header, notice, listChanged } = parts;
  /** `ready` tells, when it is known, whether the conversation could be opened. `startText` is what was typed on the start
   *  page and has no conversation yet that could keep it. */
  const here = {
    number: 0, reading: 0, session: null, turn: null, sending: false, lastEmpty: null, ready: Promise.resolve(true), startText: '',
  };
  const endedStreams = new Set();
  let stopWatching = () => {};

  const isEmpty = () => Boolean(here.session) && messages.length === 0 && !here.turn && !here.sending && here.session.message_count === 0;

  /** Ends everything that belongs to the conversation that was open until now. */
  function leave() {
    if (isEmpty()) here.lastEmpty = here.session.session_id;
    here.number += 1;
    flush();
    here.turn?.close();
    here.turn = null;
    stopWatching();
    questions.clear();
    here.sending = false;
    here.ready = Promise.resolve(true);
    composer.setBusy(false);
    return here.number;
  }

  function adopt(found) {
    here.session = { ...found, messages: undefined, tool_calls: undefined };
    header(here.session);
  }

  /** Opens a conversation by its id; null opens the start page. */
  async function open(id, { address = 'push' } = {}) {
    const number = leave();
    if (address !== 'keep') showInAddress(id, { replace: address === 'replace' });
    here.session = id ? { session_id: id } : null;
    header(here.session);
    composer.text = id ? unsavedDraft(id) : here.startText;
    messages.clear({ waiting: Boolean(id) });
    listChanged();
    if (id) await load(id, number);
  }

  /** Reads the conversation, and goes on trying while it cannot be read: the failure may pass, and its text stays in the box. */
  async function load(id, number) {
    for (let wait = firstWait; ; wait = Math.min(wait * 2, longestWait)) {
      const attempt = read(id, number);
      here.ready = attempt.then((failure) => !failure);
      const failure = await attempt;
      if (number !== here.number || !failure) return;
      if (failure.status === 404 || failure.body?.code === 'session_profile_mismatch') return notHere(id, failure);
      // No answer of the server but a mistake of this page.
      if (failure.status === undefined) console.error(failure);
      if (failure.status !== 0) composer.setStatus(`${failure.message} Trying again…`);
      if (failure.status === 0) await serverAnswers();
      await new Promise((resolve) => { setTimeout(resolve, wait); });
      if (number !== here.number) return;
      composer.setStatus('');
    }
  }

  /** One attempt to read and draw the conversation. Returns what went wrong, or null. */
  async function read(id, number) {
    const asked = Date.now();
    const newest = readNewest(id);
    newest.catch(() => {});
    try {
      const summary = await readSummary(id);
      if (number !== here.number) return null;
      adopt(summary);
      if (composer.text === '') composer.text = draftToShow(summary, asked);
      const [found] = await Promise.all([newest, formatting]);
      if (number !== here.number) return null;
      show(found);
      scroll.toBottom();
      listChanged();
      return null;
    } catch (failure) {
      return failure;
    }
  }

  /** The conversation is gone, or belongs to another profile. What was typed for a lost one moves to the start page. */
  function notHere(id, failure) {
    if (failure.body?.code === 'session_profile_mismatch') {
      parts.wrongProfile(id, failure.body.profile);
    } else {
      notice('This conversation does not exist, or not any more.');
      here.startText ||= composer.text;
      forgetDraft(id);
    }
    return open(null, { address: 'replace' });
  }

  /** Draws a window of messages and joins the turn that runs, if one does. */
  function show(found) {
    adopt(found);
    messages.show(found, { pendingMessage: pendingPrompt(found) });
    const running = found.active_stream_id;
    if (running && !endedStreams.has(running)) return join(running, { fresh: false });
    watch();
    if (!running) return;
    // The turn has ended for us, but the server still winds it up.
    const number = here.number;
    setTimeout(() => { if (number === here.number && !here.turn) void refresh(); }, 1000);
  }

  /** Reads the open conversation again, for instance after a turn that nobody saw the end of. */
  async function refresh() {
    if (!here.session) return;
    const number = here.number;
    here.reading += 1;
    const own = here.reading;
    try {
      const found = await readNewest(here.session.session_id, { atLeast: messages.length });
      if (number === here.number && own === here.reading) show(found);
    } catch (failure) {
      if (number !== here.number || own !== here.reading) return;
      if (failure.status !== 0) return notice(failure.message);
      await serverAnswers();
      if (number === here.number) await refresh();
    }
  }

  async function loadEarlier() {
    const number = here.number;
    const before = messages.offset;
    try {
      const found = await readEarlier(here.session.session_id, before);
      if (number === here.number && messages.offset === before) messages.showEarlier(found);
    } catch (failure) {
      notice(failure.message);
    }
  }

  /** Listens for turns that others start in this conversation. A running turn has a stream of its own. */
  function watch() {
    stopWatching();
    if (here.turn) return;
    const id = here.session.session_id;
    stopWatching = watchSession(id, {
      knownCount: () => messages.offset + messages.length,
      news: () => { if (here.session?.session_id === id && !here.sending) void refresh(); },
    });
  }

  function join(streamId, { fresh }) {
    if (here.turn?.streamId === streamId) return;
    here.turn?.close();
    stopWatching();
    questions.clear();
    here.reading += 1;
    const number = here.number;
    const current = (act) => (...values) => { if (number === here.number) act(...values); };
    composer.setBusy(true);
    here.turn = followTurn({
      sessionId: here.session.session_id,
      streamId,
      fresh,
      box: liveBox,
      scroll,
      heard: {
        status: current(composer.setStatus),
        question: current((kind, entry) => questions.show(kind, here.session.session_id, entry)),
        went: questions.recheck,
        title: current((title) => adopt({ ...here.session, title })),
        saved: current(saved),
        over: current(over),
      },
    });
  }

  /** A finished turn brings the whole conversation; after a compression that may be a new one that continues it. */
  function saved(found) {
    if (found.session_id !== here.session.session_id) showInAddress(found.session_id, { replace: true });
    adopt(found);
    messages.showWhole(found);
  }

  async function over({ session: found, problem }) {
    const ended = here.turn;
    const number = here.number;
    if (ended) endedStreams.add(ended.streamId);
    here.turn = null;
    questions.clear();
    composer.setBusy(false);
    if (found?.messages) saved(found);
    else await refresh();
    ended?.close();
    if (number !== here.number) return;
    if (problem && !messages.endsWithProblem()) messages.addProblem(problem);
    listChanged();
    if (!here.turn) watch();
  }

  async function stop() {
    if (!here.turn) return;
    composer.setStopping(true);
    composer.setStatus('Stopping…');
    try {
      await here.turn.stop();
    } catch (failure) {
      composer.setStopping(false);
      notice(failure.message);
    }
  }

  const { newChat, typed, send } = sending(here, { ...parts, isEmpty, open, adopt, join, refresh, watch });

  return {
    get session() { return here.session; },
    changed: adopt,
    open,
    newChat,
    loadEarlier,
    typed,
    send,
    stop,
    /** The Back and Forward buttons changed the address. */
    followAddress() {
      const id = sessionInAddress();
      if (id !== (here.session?.session_id ?? null)) void open(id, { address: 'keep' });
    },
  };
}
