/** The three ways to read a conversation. */
import { get } from './api.js';

export const windowSize = 30;
const largestWindow = 500;

/** Everything but the messages. */
export function readSummary(id) {
  return read(id, { messages: 0 });
}

/** The newest messages; `atLeast` of them when the conversation has as many. */
export function readNewest(id, { atLeast = windowSize } = {}) {
  return read(id, { messages: 1, msg_limit: Math.min(largestWindow, Math.max(windowSize, atLeast)) });
}

/** The messages in front of the one at this place. */
export function readEarlier(id, place) {
  return read(id, { messages: 1, msg_limit: windowSize, msg_before: place });
}

async function read(id, query) {
  const { session } = await get('api/session', { session_id: id, resolve_model: 0, ...query });
  return session;
}
