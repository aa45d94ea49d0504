/** One stored message as a node.
 *
 * Conversations come from many programs and from damaged files, so any field may be of any kind. A message that cannot be
 * read becomes a card that says so; it must never keep the others from being shown.
 */
import { element } from './element.js';
import { markdown } from './markdown.js';
import { saysFailure, toolCard } from './tool-card.js';
import { clockTime, dateOf, fullTime } from './time.js';

const unreadable = { kind: 'unreadable' };

/** The value when it is a list, else an empty one. */
export function list(value) {
  return Array.isArray(value) ? value : [];
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads a stored message into what is shown of it: `{kind, text, images, …}`; null when nothing is. */
export function describe(message, calls) {
  try {
    return isObject(message) ? read(message, calls) : unreadable;
  } catch (cause) {
    console.warn('A message cannot be read:', cause);
    return unreadable;
  }
}

function read(message, calls) {
  // What a tool returned is shown in the card of its call, not as an answer.
  const { text, images } = message.role === 'tool' ? { text: '', images: [] } : contentOf(message.content);
  const shown = {
    text: message.role === 'user' ? withoutWorkspaceMark(text) : text,
    images,
    calls,
    time: message.timestamp ?? message._ts ?? null,
    attachments: list(message.attachments).map((entry) => (typeof entry === 'string' ? entry : entry?.name ?? entry?.filename ?? 'file')),
    reasoning: typeof message.reasoning === 'string' ? message.reasoning.trim() : '',
    partial: message._partial === true,
    recovered: message._recovered === true,
    details: typeof message.provider_details === 'string' ? message.provider_details : '',
    detailsLabel: message.provider_details_label || 'Details',
    waiting: message._waiting === true,
  };
  if (message._error) return { ...shown, kind: 'error' };
  if (message.role === 'user') return { ...shown, kind: 'user' };
  if (message.role === 'assistant' || message.role === 'tool') {
    const empty = !shown.text.trim() && images.length === 0 && !shown.reasoning && calls.length === 0;
    if (!empty) return { ...shown, kind: 'assistant' };
    // With nothing else to show, calls of an unknown form are all there was.
    return message.tool_calls && message.tool_calls.length !== 0 ? unreadable : null;
  }
  return shown.text.trim() ? { ...shown, kind: 'note' } : null;
}

/** The node of a described message. */
export function messageNode(shown) {
  try {
    return nodeOf(shown);
  } catch (cause) {
    console.warn('A message cannot be drawn:', cause);
    return nodeOf(unreadable);
  }
}

function nodeOf(shown) {
  switch (shown.kind) {
    case 'user': return userNode(shown);
    case 'error': return errorNode(shown);
    case 'note': return element('p', { class: 'message note' }, shown.text);
    case 'unreadable': return element('p', { class: 'message unreadable' }, 'This message cannot be shown.');
    default: return assistantNode(shown);
  }
}

function userNode(shown) {
  const bubble = element('div', { class: 'bubble' }, shown.text);
  return element('article', { class: `message user${shown.waiting ? ' waiting' : ''}`, 'aria-label': 'You' },
    bubble,
    images(shown),
    shown.attachments.length > 0 && element('ul', { class: 'attachments', 'aria-label': 'Attachments' },
      shown.attachments.map((name) => element('li', {}, name))),
    element('p', { class: 'message-foot' }, time(shown.time), shown.recovered && ' · recovered after an interruption'));
}

function assistantNode(shown) {
  return element('article', { class: 'message assistant', 'aria-label': 'Answer' },
    shown.reasoning && thinking(shown.reasoning).node,
    shown.text.trim() && markdown(shown.text),
    images(shown),
    shown.calls.map((call) => toolCard(call).node),
    shown.partial && element('p', { class: 'partial-mark' }, 'Stopped before it was finished'));
}

function errorNode(shown) {
  // A stop that was asked for is no alarm.
  const calm = /^\*\*Task cancelled\b/.test(shown.text);
  return element('article', { class: calm ? 'message error calm' : 'message error', 'aria-label': 'Problem' },
    markdown(shown.text),
    shown.details && element('details', {}, element('summary', {}, shown.detailsLabel), element('pre', {}, shown.details)));
}

/** The folded block with the model's reasoning; `change(text)` while it is still being written. */
export function thinking(text, label = 'Reasoning') {
  const summary = element('summary', {}, label);
  const body = element('div', { class: 'thinking-text' }, text);
  return {
    node: element('details', { class: 'thinking' }, summary, body),
    change(news, newLabel = label) {
      body.textContent = news;
      summary.textContent = newLabel;
    },
  };
}

function images(shown) {
  return shown.images.map((source) => element('img', { class: 'attached-image', src: source, alt: 'Attached image', loading: 'lazy' }));
}

function time(seconds) {
  const date = seconds ? dateOf(seconds) : null;
  return date && element('time', { datetime: date.toISOString(), title: fullTime(seconds) }, clockTime(seconds));
}

function contentOf(content) {
  if (content === null || content === undefined) return { text: '', images: [] };
  if (typeof content !== 'object') return { text: String(content), images: [] };
  if (!Array.isArray(content)) {
    if (typeof content.text === 'string') return { text: content.text, images: [] };
    throw new Error('The content has an unknown form.');
  }
  const texts = [];
  const images = [];
  for (const part of content) {
    const source = part?.image_url?.url;
    if (typeof part === 'string') texts.push(part);
    else if (typeof part?.text === 'string') texts.push(part.text);
    else if (typeof source === 'string' && /^data:image\/(?:png|jpeg|gif|webp|avif);base64,/i.test(source)) images.push(source);
    else if (source) texts.push('[image]');
  }
  return { text: texts.join('\n\n'), images };
}

/** The agent puts the workspace in front of a prompt; people did not write that. */
function withoutWorkspaceMark(text) {
  return text.replace(/^\[Workspace::v\d+: [^\]\n]*\]\n/, '');
}

/** Gives each message the tool calls to show with it, joined to their results, and names the tool rows so used up.
 *
 * Calls are found in the message itself; older conversations keep them beside the messages, by index.
 */
export function callsByMessage(messages, sessionCalls) {
  const results = new Map();
  messages.forEach((message, index) => {
    if (message?.role === 'tool' && message.tool_call_id) results.set(message.tool_call_id, { message, index });
  });
  const used = new Set();
  const calls = messages.map((message, index) => {
    if (message?.role !== 'assistant') return [];
    const own = list(message.tool_calls).filter(isObject).map((call) => {
      const found = results.get(call.id);
      if (found) used.add(found.index);
      return fromStored(call.function?.name ?? call.name, call.function?.arguments ?? call.args, found?.message.content);
    });
    if (own.length > 0) return own;
    const partial = list(message._partial_tool_calls).filter(isObject).map((call) => ({
      name: call.name, args: call.args, result: call.snippet, state: call.is_error ? 'failed' : call.done ? 'done' : 'unfinished',
    }));
    if (partial.length > 0) return partial;
    return list(sessionCalls).filter((call) => call?.assistant_msg_idx === index).map((call) => {
      const found = results.get(call.tid);
      if (found) used.add(found.index);
      return fromStored(call.name, call.args, found?.message.content ?? call.snippet);
    });
  });
  messages.forEach((message, index) => {
    if (message?.role === 'tool' && !used.has(index)) calls[index] = [fromStored(message.name ?? message.tool_name, null, message.content)];
  });
  return calls;
}

function fromStored(name, args, result) {
  const state = result === undefined ? 'unfinished' : saysFailure(result) ? 'failed' : 'done';
  // A list holds parts as the content of a message does; anything else the card can write out itself.
  return { name, args, result: Array.isArray(result) ? contentOf(result).text : result, state };
}
