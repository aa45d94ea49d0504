/** The card of one tool call: its name, a one-line gist, and on opening its arguments and its result. */
import { element, icon } from './element.js';
import { codeFrame, highlight } from './code.js';

const longestShown = 20_000;
const gistKeys = ['command', 'cmd', 'query', 'url', 'path', 'file_path', 'pattern', 'question', 'code'];
const states = {
  running: { label: 'running', path: '' },
  done: { label: 'done', path: 'M4.5 10.5l3.5 3.5 7.5-8' },
  failed: { label: 'failed', path: 'M5.5 5.5l9 9M14.5 5.5l-9 9' },
  unfinished: { label: 'not finished', path: 'M5 10h10' },
};

/** Makes a card. `call` is `{name, args, result, state}`; `change` takes the same keys and redraws. */
export function toolCard(call) {
  const shown = { state: 'running', ...call };
  const mark = element('span', { class: 'tool-mark' });
  const name = element('span', { class: 'tool-name' });
  const gist = element('span', { class: 'tool-gist' });
  const body = element('div', { class: 'tool-body' });
  const node = element('details', { class: 'tool' }, element('summary', {}, mark, name, gist), body);
  node.addEventListener('toggle', drawBody);

  function draw() {
    const state = states[shown.state];
    node.dataset.state = shown.state;
    mark.replaceChildren(state.path ? icon(state.path) : '', element('span', { class: 'visually-hidden' }, state.label));
    name.textContent = shown.name || 'tool';
    gist.textContent = gistOf(shown.args);
    drawBody();
  }

  /** Results can be large, so they are written out only once somebody looks. */
  function drawBody() {
    if (!node.open) return;
    const parts = [];
    const args = written(shown.args);
    if (args) parts.push(element('p', { class: 'tool-label' }, 'Arguments'), codeFrame(args.text, args.language));
    const result = written(shown.result);
    if (result) parts.push(element('p', { class: 'tool-label' }, 'Result'), codeFrame(result.text, result.language));
    if (!result) parts.push(element('p', { class: 'tool-label' }, shown.state === 'running' ? 'No result yet.' : 'No result.'));
    body.replaceChildren(...parts);
    highlight(body);
  }

  draw();
  return {
    node,
    change(news) {
      Object.assign(shown, news);
      draw();
    },
  };
}

function gistOf(args) {
  if (typeof args === 'string') {
    const parsed = parse(args);
    return parsed && typeof parsed === 'object' ? gistOf(parsed) : firstLine(args);
  }
  if (!args || typeof args !== 'object') return '';
  const key = gistKeys.find((candidate) => typeof args[candidate] === 'string') ?? Object.keys(args)[0];
  const value = key === undefined ? '' : args[key];
  return firstLine(typeof value === 'string' ? value : JSON.stringify(value));
}

function firstLine(text) {
  const line = text.trim().split('\n', 1)[0];
  return line.length > 140 ? `${line.slice(0, 140)}…` : line;
}

/** Values as a person reads them: JSON is indented, text stays text. Null when there is nothing to show. */
function written(value) {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'string') {
    const parsed = /^\s*[[{]/.test(value) ? parse(value) : undefined;
    return parsed === undefined ? { text: cut(value), language: '' } : { text: cut(indented(parsed)), language: 'json' };
  }
  if (typeof value === 'object' && Object.keys(value).length === 0) return null;
  return { text: cut(indented(value)), language: 'json' };
}

function indented(value) {
  return JSON.stringify(value, null, 2);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function cut(text) {
  return text.length > longestShown ? `${text.slice(0, longestShown)}\n… ${text.length - longestShown} more characters` : text;
}

/** Whether the stored result of a tool says that it failed. */
export function saysFailure(result) {
  const parsed = typeof result === 'string' ? parse(result) : result;
  if (!parsed || typeof parsed !== 'object') return false;
  return Boolean(parsed.error) || (typeof parsed.exit_code === 'number' && parsed.exit_code !== 0) || parsed.success === false;
}
