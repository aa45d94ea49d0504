/** One running turn: follows its events from first to last, over any number of broken connections.
 *
 * Each event carries an id, `<stream>:<number>`. A new connection asks for what comes after the last number seen, so
 * nothing is drawn twice and nothing is missing. Before it connects again it asks whether the turn still runs; when it
 * does not (it ended meanwhile, or the server was restarted) what was saved is the truth, and `over` is called.
 */
import { post, withQuery } from './api.js';
import { follow } from './events.js';
import { readSummary } from './read-session.js';
import { turnView } from './turn-view.js';

const names = [
  'token', 'reasoning', 'interim_assistant', 'tool', 'tool_complete', 'approval', 'clarify', 'compressing', 'compressed',
  'warning', 'title', 'done', 'stream_end', 'cancel', 'apperror', 'error',
];

/** Starts to follow a turn.
 *
 * @param fresh    true for a turn that this page has just started; otherwise everything so far is asked for again
 * @param heard    `status(text)`, `question(kind, entry)`, `went()` (the agent goes on), `title(text)`, `saved(session)`
 *                 and, once, `over({session, problem})`
 */
export function followTurn({ sessionId, streamId, fresh, box, scroll, heard }) {
  const view = turnView(box, scroll);
  let lastNumber = 0;
  let lastId = '';
  let repeatedUpTo = 0;
  let connectedBefore = false;
  let ended = false;

  const stream = follow({
    names,
    address: () => withQuery('api/chat/stream', {
      stream_id: streamId,
      ...(fresh && !connectedBefore ? {} : { replay: 1, after_seq: lastNumber, after_event_id: lastId }),
    }),
    opened() {
      connectedBefore = true;
      repeatedUpTo = lastNumber;
      heard.status('Answering…');
    },
    received(name, data, id) {
      const number = numberOf(id);
      if (number !== null) {
        if (number <= repeatedUpTo) return;
        lastNumber = number;
        lastId = id;
      }
      act[name](data);
    },
    before: stillRuns,
  });
  heard.status('Answering…');

  const act = {
    token({ text }) {
      heard.went();
      heard.status('Answering…');
      view.text(text ?? '');
    },
    reasoning({ text }) {
      heard.went();
      heard.status('Thinking…');
      view.reasoning(text ?? '');
    },
    interim_assistant({ text }) { view.paragraph(text ?? ''); },
    tool(data) {
      heard.status(`Using ${data.name}…`);
      view.toolStarted(data);
    },
    tool_complete(data) {
      heard.went();
      heard.status('Answering…');
      view.toolCompleted(data);
    },
    approval(entry) {
      heard.status('Waiting for your approval');
      heard.question('approval', entry);
    },
    clarify(entry) {
      heard.status('Waiting for your reply');
      heard.question('clarify', entry);
    },
    compressing({ message }) { view.note(message || 'Compressing the context…'); },
    compressed({ message }) { view.note(message || 'The context was compressed.'); },
    warning({ message }) { view.note(message ?? ''); },
    title({ title }) { heard.title(title); },
    done({ session, ephemeral }) {
      if (session?.messages && !ephemeral) {
        heard.saved(session);
        view.remove();
      }
      if (ephemeral) end({});
    },
    stream_end() { end({}); },
    cancel({ session }) { end({ session }); },
    apperror({ session, message, hint }) { end({ session, problem: [message, hint].filter(Boolean).join('\n\n') }); },
    error({ error }) { end({ problem: error ?? 'The turn failed.' }); },
  };

  async function stillRuns() {
    heard.status('Reconnecting…');
    try {
      const session = await readSummary(sessionId);
      if (session.active_stream_id === streamId) return true;
    } catch (failure) {
      if (failure.status !== 404) throw failure;
    }
    end({});
    return false;
  }

  function end(outcome) {
    if (ended) return;
    ended = true;
    stream.close();
    heard.over(outcome);
  }

  return {
    streamId,
    /** Asks the server to end the turn. Its end is heard on the stream; should that word get lost, it is taken as said. */
    async stop() {
      await post('api/chat/cancel', { stream_id: streamId }, { query: { stream_id: streamId } });
      setTimeout(() => end({}), 5000);
    },
    /** Stops to follow, and takes the growing answer off the page. */
    close() {
      ended = true;
      stream.close();
      view.remove();
    },
  };
}

function numberOf(id) {
  const number = Number(id?.slice(id.lastIndexOf(':') + 1));
  return id && Number.isInteger(number) ? number : null;
}
