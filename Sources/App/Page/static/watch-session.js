/** Hears what happens in a quiet conversation: a turn that somebody else starts, or messages that were added. */
import { withQuery } from './api.js';
import { followWhileVisible } from './events.js';

/** Calls `news` when the conversation is worth reading again. Returns how to stop.
 *
 * @param knownCount  how many messages are known; the server answers at once when it has more
 */
export function watchSession(id, { knownCount, news }) {
  const stream = followWhileVisible({
    names: ['server_turn_started', 'session-updated'],
    address: () => withQuery('api/session/stream', { session_id: id, known_count: knownCount() }),
    received: news,
  });
  return () => stream.close();
}
