/** Starting conversations, and turns in them. */
import { post } from './api.js';
import { showInAddress } from './address.js';
import { draftChanged, draftSent, keepDraft } from './draft.js';
import { readSummary } from './read-session.js';
import { startTurn } from './start-turn.js';

/** @param here   what is open, shared with `open-session.js`
 *  @param parts  the parts of the page, and what `open-session.js` lends: `{isEmpty, leave, open, adopt, join, refresh, watch}`
 */
export function sending(here, parts) {
  const { messages, composer, scroll, notice, listChanged, modelForNew, isEmpty, leave, open, adopt, join, refresh, watch } = parts;
  let creating = null;

  /** Makes a conversation for the start page, once, however many ask for it. */
  function ensureSession() {
    if (here.session) return Promise.resolve(here.session.session_id);
    const number = here.number;
    creating ??= post('api/session/new', modelForNew()).finally(() => { creating = null; });
    return creating.then(({ session: made }) => {
      if (number === here.number && !here.session) {
        adopt(made);
        showInAddress(made.session_id, { replace: true });
        listChanged();
        watch();
      }
      return made.session_id;
    });
  }

  /** Opens a new conversation, or the last one that was left without a message: it may hold a draft. */
  async function newChat() {
    if (isEmpty()) return composer.focus();
    const number = leave();
    const usable = here.lastEmpty;
    here.lastEmpty = null;
    here.session = null;
    composer.text = '';
    try {
      const known = usable && await readSummary(usable).catch(() => null);
      const id = known?.message_count === 0 ? usable : (await post('api/session/new', modelForNew())).session.session_id;
      if (number === here.number) await open(id);
    } catch (failure) {
      if (number !== here.number) return;
      notice(failure.message);
      await open(null);
    }
    composer.focus();
  }

  /** On the start page the first letter makes a conversation, so that the draft has a place. */
  function typed(text) {
    if (here.session) return draftChanged(here.session.session_id, text);
    const number = here.number;
    ensureSession().then((id) => {
      if (number === here.number) draftChanged(id, composer.text);
    }, () => {});
  }

  /** Sends what stands in the message box, as soon as the conversation is there. */
  async function send(text) {
    const number = here.number;
    await here.ready;
    if (number !== here.number || here.sending || here.turn || composer.text.trim() !== text) return;
    const since = Date.now() / 1000;
    const fresh = isEmpty();
    const known = messages.offset + messages.length;
    here.sending = true;
    here.reading += 1;
    composer.text = '';
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
        return;
      }
      here.sending = false;
      composer.setBusy(false);
      messages.setPending(null);
      if (composer.text === '') composer.text = text;
      if (id) draftChanged(id, composer.text);
      notice(failure.message);
      if (failure.status === 409 && failure.body.active_stream_id) await refresh();
      else if (!here.turn && here.session) watch();
    }
  }

  return { newChat, typed, send };
}
