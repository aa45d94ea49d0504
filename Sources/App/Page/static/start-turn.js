/** Hands a prompt to the server, exactly once. */
import { RequestFailed, post } from './api.js';
import { serverAnswers } from './connection.js';
import { readNewest } from './read-session.js';

/** Starts a turn and returns the server's answer, or `{session_id}` alone when the turn is known to run or to be over.
 *
 * `known` is how many messages the conversation had before.
 * Two failures are not final. An empty conversation that the server forgot in a restart is made anew by `remake`. And a
 * request without an answer may have arrived all the same, so the conversation is asked before the prompt counts as lost.
 */
export async function startTurn({ id, text, known, status, remake }) {
  try {
    return await start(id, text);
  } catch (failure) {
    if (failure.status === 404 && remake) return start(await remake(), text);
    if (failure.status !== 0) throw failure;
    status('No answer yet; checking whether it arrived…');
    await serverAnswers();
    if (await arrived(id, text, known)) return { session_id: id };
    throw new RequestFailed('The message was not sent because the server could not be reached.', 0);
  }
}

async function start(id, text) {
  return { session_id: id, ...await post('api/chat/start', { session_id: id, message: text }) };
}

/** Whether the conversation holds this prompt: as the one that waits, or behind the messages that were known before. */
async function arrived(id, text, known) {
  const session = await readNewest(id);
  if (session.pending_user_message === text) return true;
  const place = session.messages.findLastIndex((message) => message?.role === 'user' && message.content === text);
  return place >= 0 && (session._messages_offset ?? 0) + place >= known;
}
