/** Cards on which the agent waits: an approval before a dangerous step, or a question. */
import { element } from './element.js';
import { codeFrame } from './code.js';
import { get, post } from './api.js';

const choices = [
  { choice: 'once', label: 'Allow once', primary: true },
  { choice: 'session', label: 'Allow in this conversation' },
  { choice: 'always', label: 'Always allow' },
  { choice: 'deny', label: 'Deny', danger: true },
];
const pendingPath = { approval: 'api/approval/pending', clarify: 'api/clarify/pending' };

export function questions({ box, scroll }) {
  let cards = [];
  let timer = null;

  function remove(card) {
    card.node.remove();
    cards = cards.filter((other) => other !== card);
  }

  function add(kind, sessionId, id, node) {
    const card = { kind, sessionId, id, node };
    cards.push(card);
    box.append(node);
    scroll.toBottom();
    return card;
  }

  /** Sends an answer; the card goes when the server took it, and says why when it did not. */
  async function answer(card, problem, request) {
    const controls = card.node.querySelectorAll('button, input');
    controls.forEach((control) => { control.disabled = true; });
    try {
      const body = await request();
      if (body.ok === false) throw new Error(body.error ?? 'The agent waits for another answer. Reload the page.');
      remove(card);
    } catch (failure) {
      problem.textContent = failure.message;
      controls.forEach((control) => { control.disabled = false; });
      recheck();
    }
  }

  function approval(sessionId, entry) {
    const problem = element('p', { class: 'problem', role: 'alert' });
    const respond = (choice) => answer(card, problem, () => post('api/approval/respond', {
      session_id: sessionId, choice, approval_id: entry.approval_id,
    }));
    const buttons = choices
      .filter(({ choice }) => choice !== 'always' || entry.allow_permanent !== false)
      .map(({ choice, label, primary, danger }) => element('button', {
        type: 'button', 'data-choice': choice, class: primary ? 'primary' : danger ? 'danger' : 'quiet', onclick: () => respond(choice),
      }, label));
    const node = element('section', { class: 'question approval', 'aria-label': 'Approval needed' },
      element('h3', {}, 'The agent asks for your approval'),
      entry.description && element('p', {}, entry.description),
      entry.command && codeFrame(entry.command, 'bash'),
      element('div', { class: 'buttons' }, buttons),
      problem);
    const card = add('approval', sessionId, entry.approval_id ?? '', node);
  }

  function clarify(sessionId, entry) {
    const problem = element('p', { class: 'problem', role: 'alert' });
    const input = element('input', { type: 'text', placeholder: 'Another answer', 'aria-label': 'Your own answer', autocomplete: 'off' });
    const respond = (response) => answer(card, problem, () => post('api/clarify/respond', {
      session_id: sessionId, response, clarify_id: entry.clarify_id,
    }));
    const form = element('form', { class: 'own-answer' }, input, element('button', { type: 'submit', class: 'primary' }, 'Reply'));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (input.value.trim()) respond(input.value.trim());
    });
    const node = element('section', { class: 'question clarify', 'aria-label': 'Question from the agent' },
      element('h3', {}, entry.question || 'The agent asks'),
      element('div', { class: 'buttons' }, (entry.choices_offered ?? []).map((choice) => element('button', {
        type: 'button', class: 'quiet', onclick: () => respond(choice),
      }, choice))),
      form,
      problem);
    const card = add('clarify', sessionId, entry.clarify_id ?? '', node);
  }

  /** Drops cards that were answered elsewhere: in another tab, or before this page was loaded. */
  async function dropAnswered() {
    timer = null;
    for (const card of [...cards]) {
      try {
        const { pending } = await get(pendingPath[card.kind], { session_id: card.sessionId });
        if (!pending) remove(card);
      } catch {
        // Without an answer the card stays; pressing it tells.
      }
    }
  }

  function recheck() {
    if (cards.length > 0) timer ??= setTimeout(dropAnswered, 300);
  }

  return {
    show(kind, sessionId, entry) {
      const id = entry.approval_id ?? entry.clarify_id ?? '';
      if (id && cards.some((card) => card.id === id)) return;
      if (kind === 'approval') approval(sessionId, entry);
      else clarify(sessionId, entry);
      recheck();
    },
    /** The agent went on, so a card may be out of date. */
    recheck,
    clear() {
      clearTimeout(timer);
      timer = null;
      cards.forEach((card) => card.node.remove());
      cards = [];
    },
  };
}
