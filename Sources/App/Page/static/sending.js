/** Starting conversations, and turns in them. */
import { post } from './api.js';
import { showInAddress } from './address.js';
import { draftChanged, draftSent, draftToShow, keepDraft } from './draft.js';
import { readSummary } from './read-session.js';
import { startTurn } from './start-turn.js';

/** @param here   what is open, shared with `open-session.js`
 *  @param parts  the parts of the page, and what `open-session.js` lends: `{isEmpty, open, adopt, join, refresh, watch}`
 */
export function sending(here, parts) {
  const { messages, composer, scroll, notice, listChanged, modelForNew, isEmpty, open, adopt, join, refresh, watch } = parts;
  /** The conversation that is being made: `{number, made}`, where `number` tells which opening asked for it. */
  let creating = null;

  /** Makes a conversation for the start page, once, however many ask for it. What stands in the box becomes its draft. */
  function ensureSession({ reuse = false } = {}) {
    if (here.session) return Promise.resolve(here.session.session_id);
    const number = here.number;
    if (creating?.number !== number) creating = { number, made: make(reuse) };
    const own = creating;
    const forget = () => { if (creating === own) creating = null; };
    own.made.then(forget, forget);
    return own.made.then(({ session, draft }) => {
      if (number === here.number && !here.session) settle(session, draft);
      return session.session_id;
    });
  }

  /** A new conversation or, for `reuse`, the last one that was left without a message: it may hold a draft. */
  async function make(reuse) {
    const left = reuse ? here.lastEmpty : null;
    if (left) {
      here.lastEmpty = null;
      const asked = Date.now();
      const known = await readSummary(left).catch((failure) => {
        // It cannot be read now, but it may hold a draft; the next new chat looks for it again.
        if (failure.status !== 404) here.lastEmpty ??= left;
        return null;
      });
      if (known?.message_count === 0 && !known.active_stream_id) return { session: known, draft: draftToShow(known, asked) };
    }
    return { session: (await post('api/session/new', modelForNew())).session, draft: '' };
  }

  function settle(session, draft) {
    const text = composer.text;
    here.startText = '';
    adopt(session);
    showInAddress(session.session_id, { replace: true });
    if (draft) composer.text = joined(draft, text);
    if (text) draftChanged(session.session_id, composer.text);
    listChanged();
    watch();
  }

  /** Shows the start page and turns it into a conversation in place, so that what is typed meanwhile goes along. */
  async function newChat() {
    composer.focus();
    if (isEmpty()) return;
    if (here.session || here.sending) void open(null);
    const number = here.number;
    try {
      await ensureSession({ reuse: true });
    } catch (failure) {
      if (number === here.number) notice(failure.message);
    }
  }

  /** On the start page the first letter makes a conversation, so that the draft has a place. */
  function typed(text) {
    if (here.session) return draftChanged(here.session.session_id, text);
    here.startText = text;
    ensureSession().catch(() => {});
  }

  /** Sends what stands in the message box, as soon as the conversation is there. */
  async function send(text) {
    const number = here.number;
    const opened = await here.ready;
    if (number === here.number && !opened) return notice('The conversation is not open yet. Your text is kept; send it again in a moment.');
    if (number !== here.number || here.sending || here.turn || composer.text.trim() !== text) return;
    const since = Date.now() / 1000;
    const fresh = isEmpty();
    const known = messages.offset + messages.length;
    here.sending = true;
    here.reading += 1;
    composer.text = '';
    here.startText = '';
    composer.setBusy(true);
    composer.setStatus('Sending…');
    composer.setStopping(true);
    messages.setPending({ role: 'user', content: text, timestamp: since, _waiting: true });
    scroll.toBottom();
    let id = here.session?.session_id;
    try {
      id = await ensureSession();
      const started = await startTurn({
        id, text, known,
        status: (words) => { if (number === here.number) composer.setStatus(words); },
        remake: fresh && number === here.number ? () => { here.session = null; return ensureSession(); } : null,
      });
      draftSent(started.session_id);
      listChanged();
      if (number !== here.number) return;
      here.sending = false;
      if (composer.text) draftChanged(started.session_id, composer.text);
      composer.setBusy(false);
      if (!started.stream_id) return void await refresh();
      messages.setPending({ role: 'user', content: text, timestamp: started.pending_started_at ?? since });
      if (started.title) adopt({ ...here.session, title: started.title });
      join(started.stream_id, { fresh: true });
    } catch (failure) {
      if (number !== here.number) {
        if (id) keepDraft(id, text);
        else here.startText = joined(text, here.startText);
        return;
      }
      here.sending = false;
      composer.setBusy(false);
      messages.setPending(null);
      composer.text = joined(text, composer.text);
      if (id) draftChanged(id, composer.text);
      else here.startText = composer.text;
      notice(failure.message);
      if (failure.status === 409 && failure.body.active_stream_id) await refresh();
      else if (!here.turn && here.session) watch();
    }
  }

  return { newChat, typed, send };
}

/** Two texts in one box, when neither may be lost. */
function joined(first, second) {
  return [first, second].filter(Boolean).join('\n');
}
