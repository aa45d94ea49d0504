/** Questions to the person that need an answer before anything happens. */
import { element } from './element.js';

/** Asks for a yes. Resolves to true only when the named action was chosen. */
export function confirm({ title, text, action }) {
  return ask(title, [element('p', {}, text)], action, 'danger', () => true);
}

/** Asks for one line of text. Resolves to null when it was left or emptied. */
export function askForText({ title, label, value, action }) {
  const input = element('input', { type: 'text', maxlength: '80', autocomplete: 'off' });
  input.value = value;
  const field = element('label', { class: 'field' }, element('span', {}, label), input);
  const answer = ask(title, [field], action, 'primary', () => input.value.trim() || null);
  input.select();
  return answer;
}

function ask(title, content, action, kind, answer) {
  return new Promise((resolve) => {
    const cancel = element('button', { type: 'button', class: 'quiet' }, 'Cancel');
    const form = element('form', { method: 'dialog' },
      element('h2', { id: 'dialog-title' }, title),
      content,
      element('div', { class: 'buttons' }, cancel, element('button', { type: 'submit', class: kind, value: 'yes' }, action)));
    const dialog = element('dialog', { class: 'dialog', 'aria-labelledby': 'dialog-title' }, form);
    cancel.addEventListener('click', () => dialog.close());
    dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener('close', () => {
      resolve(dialog.returnValue === 'yes' ? answer() : null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
