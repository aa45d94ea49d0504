/** The stored messages of the open conversation.
 *
 * Holds a window of them (`offset` is the place of the first one in the whole conversation) and draws it. A message whose
 * bytes did not change keeps its node, so an opened card stays open when an answer arrives.
 */
import { callsByMessage, describe, list as listOf, messageNode } from './message.js';

export function conversation({ list, earlierButton, welcome, loading, scroll, loadEarlier }) {
  let messages = [];
  let calls = [];
  let offset = 0;
  let more = false;
  let pending = null;
  let problems = [];
  let nodes = new Map();

  earlierButton.addEventListener('click', loadEarlier);

  function draw() {
    const all = [...messages, ...(pending ? [pending] : []), ...problems];
    const callsOf = callsByMessage(all, calls);
    const drawn = new Map();
    all.forEach((message, index) => {
      const shown = describe(message, callsOf[index]);
      if (!shown) return;
      let key = JSON.stringify(shown);
      while (drawn.has(key)) key += '+';
      drawn.set(key, nodes.get(key) ?? messageNode(shown));
    });
    for (const [key, node] of nodes) if (!drawn.has(key)) node.remove();
    let place = list.firstChild;
    for (const node of drawn.values()) {
      if (node === place) place = place.nextSibling;
      else list.insertBefore(node, place);
    }
    nodes = drawn;
    earlierButton.hidden = !more;
    welcome.hidden = all.length > 0 || !loading.hidden;
  }

  return {
    get offset() { return offset; },
    get length() { return messages.length; },

    /** Shows a window that the server sent. */
    show(session, { pendingMessage = null } = {}) {
      messages = listOf(session.messages);
      calls = listOf(session.tool_calls);
      offset = session._messages_offset ?? 0;
      more = offset > 0;
      pending = pendingMessage;
      problems = [];
      loading.hidden = true;
      draw();
      scroll.grew();
    },

    /** Shows a conversation as an event of a finished turn brings it, from where the window began.
     *
     * That is the whole of it, or of a very large one only the newest messages, from `_messages_offset` on.
     */
    showWhole(session) {
      const brought = listOf(session.messages);
      const first = session._messages_offset ?? 0;
      const skipped = Math.max(0, Math.min(offset - first, brought.length - 1));
      this.show({
        messages: brought.slice(skipped),
        tool_calls: moved(session.tool_calls, -skipped),
        _messages_offset: first + skipped,
      });
    },

    /** Puts an earlier window in front. */
    showEarlier(session) {
      const earlier = listOf(session.messages);
      calls = [...listOf(session.tool_calls), ...moved(calls, earlier.length)];
      messages = [...earlier, ...messages];
      offset = session._messages_offset ?? 0;
      more = offset > 0 && earlier.length > 0;
      scroll.keepingPlace(draw);
    },

    /** The prompt that was just sent, or null to take it back. */
    setPending(message) {
      pending = message;
      problems = [];
      draw();
      scroll.grew();
    },

    /** Shows a problem that is not stored anywhere. */
    addProblem(text) {
      problems.push({ role: 'assistant', _error: true, content: text });
      draw();
      scroll.grew();
    },

    endsWithProblem() {
      return Boolean(messages.at(-1)?._error);
    },

    /** Nothing shown: while another conversation loads, or on the start page. */
    clear({ waiting = false } = {}) {
      messages = [];
      calls = [];
      offset = 0;
      more = false;
      pending = null;
      problems = [];
      loading.hidden = !waiting;
      draw();
    },
  };
}

/** Tool calls that are kept beside the messages, when the window begins elsewhere. */
function moved(calls, places) {
  return listOf(calls).map((call) => call && { ...call, assistant_msg_idx: call.assistant_msg_idx + places });
}

/** A prompt that the server has taken but not yet stored among the messages; null when it is already there. */
export function pendingPrompt(session) {
  const text = session.pending_user_message;
  if (!text) return null;
  const last = listOf(session.messages).findLast((message) => message?.role === 'user');
  if (last?._active_turn_user) return null;
  const since = session.pending_started_at ?? Infinity;
  if (last && last.content === text && (last.timestamp ?? 0) >= since - 2) return null;
  return { role: 'user', content: text, timestamp: session.pending_started_at, attachments: session.pending_attachments ?? [] };
}
