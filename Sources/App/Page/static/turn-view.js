/** The answer that is being written, drawn as it grows: reasoning, text and tool cards in the order they came. */
import { element } from './element.js';
import { growingMarkdown } from './markdown.js';
import { thinking } from './message.js';
import { toolCard } from './tool-card.js';

const shortestPause = 60;

export function turnView(box, scroll) {
  const pulse = element('p', { class: 'pulse', 'aria-hidden': 'true' }, element('span'), element('span'), element('span'));
  const node = element('article', { class: 'message assistant streaming', 'aria-label': 'Answer', 'aria-busy': 'true' }, pulse);
  const cards = [];
  let last = null;
  let timer = null;
  let pauseBefore = shortestPause;
  box.append(node);

  function place(part) {
    pulse.before(part);
  }

  /** The part that text of this kind goes to: the last one if it is of the same kind, else a new one. */
  function part(kind) {
    if (last?.kind === kind) return last;
    drawNow();
    if (kind === 'text') {
      const { box: body, show } = growingMarkdown();
      last = { kind, text: '', draw: () => show(last.text) };
      place(body);
    } else {
      const block = thinking('', 'Thinking…');
      last = { kind, text: '', draw: () => block.change(last.text, 'Thinking…'), end: (text) => block.change(text, 'Reasoning') };
      place(block.node);
    }
    return last;
  }

  function drawNow() {
    clearTimeout(timer);
    timer = null;
    last?.draw?.();
    last?.end?.(last.text);
  }

  /** Draws at most every 60 ms, and rarer when drawing itself takes long. */
  function drawSoon() {
    timer ??= setTimeout(() => {
      timer = null;
      const began = performance.now();
      last?.draw?.();
      scroll.grew();
      pauseBefore = Math.max(shortestPause, (performance.now() - began) * 4);
    }, pauseBefore);
  }

  return {
    text(piece) {
      part('text').text += piece;
      drawSoon();
    },
    reasoning(piece) {
      part('reasoning').text += piece;
      drawSoon();
    },
    /** A whole paragraph between two tools, which may have been streamed before. */
    paragraph(text) {
      if (last?.kind === 'text' && last.text.trim().endsWith(text.trim())) return;
      drawNow();
      last = null;
      part('text').text = text;
      drawSoon();
    },
    toolStarted({ tid, name, args, preview }) {
      drawNow();
      const card = toolCard({ name, args: args ?? preview, state: 'running' });
      cards.push({ tid, name, card, open: true });
      last = { kind: 'tool' };
      place(card.node);
      scroll.grew();
    },
    toolCompleted({ tid, name, args, preview, is_error: failed }) {
      const found = cards.findLast((entry) => entry.open && (tid ? entry.tid === tid : entry.name === name));
      if (!found) {
        this.toolStarted({ tid, name, args });
        return this.toolCompleted({ tid, name, args, preview, is_error: failed });
      }
      found.open = false;
      found.card.change({ result: preview ?? undefined, state: failed ? 'failed' : 'done' });
      scroll.grew();
    },
    note(text) {
      drawNow();
      last = { kind: 'note' };
      place(element('p', { class: 'turn-note' }, text));
      scroll.grew();
    },
    remove() {
      clearTimeout(timer);
      node.remove();
    },
  };
}
