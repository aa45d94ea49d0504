/** The list of conversations.
 *
 * The server's order is kept; pinned ones are put first. Rows are made a hundred at a time as the list is scrolled, and a
 * row that did not change keeps its node, so thousands of conversations cost no more than what is in sight.
 */
import { element, icon } from './element.js';
import { get } from './api.js';
import { addressOf } from './address.js';
import { followWhileVisible } from './events.js';
import { reachabilityChanged } from './connection.js';
import { at } from './address.js';
import { ago } from './time.js';

const chunk = 100;
const shortestGap = 700;
const dots = 'M4.5 10h.01M10 10h.01M15.5 10h.01';

/** @param parts `{box, search, archivedToggle, current(), open(id), menu(button, row), notice}` */
export function sessionList(parts) {
  const { box, search, archivedToggle } = parts;
  const list = element('ul', { class: 'rows' });
  const end = element('div', { class: 'list-end' });
  const hint = element('p', { class: 'list-hint', role: 'status' });
  box.append(list, hint, end);

  let rows = [];
  let loaded = false;
  let limit = chunk;
  let nodes = new Map();
  let timer = null;
  let fetching = false;
  let again = false;
  let lastFetch = 0;

  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && limit < entriesShown().length) {
      limit += chunk;
      draw();
    }
  }, { root: box, rootMargin: '600px' }).observe(end);
  search.addEventListener('input', () => {
    limit = chunk;
    box.scrollTop = 0;
    draw();
  });
  archivedToggle.addEventListener('change', () => void load());
  setInterval(draw, 60_000);
  reachabilityChanged.listen((reachable) => { if (reachable) refresh(); });

  async function load() {
    if (fetching) {
      again = true;
      return;
    }
    fetching = true;
    try {
      const answer = await get('api/sessions', archivedToggle.checked ? { include_archived: 1 } : {});
      rows = answer.sessions ?? [];
      loaded = true;
      draw();
    } catch (failure) {
      if (failure.status !== 0) parts.notice(failure.message);
    } finally {
      fetching = false;
      lastFetch = Date.now();
    }
    if (again) {
      again = false;
      refresh();
    }
  }

  /** Asks for the list soon; many calls in a short time become one. */
  function refresh() {
    timer ??= setTimeout(() => {
      timer = null;
      void load();
    }, Math.max(80, shortestGap - (Date.now() - lastFetch)));
  }

  /** What the list shows from top to bottom: headings and rows. */
  function entriesShown() {
    const wanted = search.value.trim().toLowerCase();
    const matching = wanted ? rows.filter((row) => titleOf(row).toLowerCase().includes(wanted)) : rows;
    const groups = [
      ['Pinned', matching.filter((row) => row.pinned && !row.archived)],
      ['Conversations', [...emptyCurrent(wanted), ...matching.filter((row) => !row.pinned && !row.archived)]],
      ['Archived', archivedToggle.checked ? matching.filter((row) => row.archived) : []],
    ];
    return groups.filter(([, members]) => members.length > 0).flatMap(([heading, members]) => [{ heading }, ...members]);
  }

  /** The server lists a conversation from its first message on; until then the open one is added here. */
  function emptyCurrent(wanted) {
    const session = parts.current();
    if (!session || wanted || rows.some((row) => row.session_id === session.session_id)) return [];
    return session.message_count !== 0 ? [] : [{ session_id: session.session_id, title: 'New chat', unsaved: true }];
  }

  function draw() {
    const entries = entriesShown();
    const currentId = parts.current()?.session_id;
    const drawn = new Map();
    for (const entry of entries.slice(0, limit)) {
      const key = entry.heading ? `# ${entry.heading}` : keyOf(entry, entry.session_id === currentId);
      drawn.set(key, nodes.get(key) ?? (entry.heading ? headingNode(entry) : rowNode(entry, entry.session_id === currentId)));
    }
    for (const [key, node] of nodes) if (!drawn.has(key)) node.remove();
    let place = list.firstChild;
    for (const node of drawn.values()) {
      if (node === place) place = place.nextSibling;
      else list.insertBefore(node, place);
    }
    nodes = drawn;
    hint.textContent = hintFor(entries.length);
    hint.hidden = hint.textContent === '';
  }

  function hintFor(count) {
    if (count > 0) return '';
    if (!loaded) return 'Loading…';
    return search.value.trim() ? 'No title matches.' : 'No conversations yet.';
  }

  function rowNode(row, isCurrent) {
    const title = titleOf(row);
    const link = element('a', { class: 'row-link', href: addressOf(row.session_id), 'aria-current': isCurrent ? 'page' : null },
      element('span', { class: 'row-title' }, title),
      element('span', { class: 'row-meta' }, marks(row), !row.unsaved && element('span', { class: 'row-time' }, ago(timeOf(row)))));
    link.addEventListener('click', (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      parts.open(row.session_id);
    });
    const more = !row.unsaved && element('button', {
      type: 'button', class: 'row-more', 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-label': `Actions for ${title}`,
    }, icon(dots));
    if (more) more.addEventListener('click', () => parts.menu(more, row));
    return element('li', { class: 'row', 'data-session': row.session_id }, link, more);
  }

  followWhileVisible({
    names: ['sessions_changed'],
    address: () => at('api/sessions/events'),
    received: refresh,
    before: async () => { refresh(); },
  }, refresh);

  return { load, refresh, draw };
}

function keyOf(row, isCurrent) {
  const attention = row.attention?.kind;
  return JSON.stringify([row.session_id, titleOf(row), row.pinned, row.archived, row.is_streaming, attention, row.source_label,
    row.read_only, isCurrent, row.unsaved || ago(timeOf(row))]);
}

function titleOf(row) {
  return String(row.display_title || row.title || 'Untitled');
}

function timeOf(row) {
  return row.last_message_at || row.updated_at || row.created_at || 0;
}

function headingNode({ heading }) {
  return element('li', { class: 'group-heading' }, heading);
}

function marks(row) {
  return [
    row.attention && element('span', { class: 'attention', title: 'Waits for your answer' }, 'waits for you'),
    row.is_streaming && !row.attention && element('span', { class: 'running', title: 'An answer is being written' },
      element('span', { class: 'visually-hidden' }, 'answering')),
    row.is_cli_session && element('span', { class: 'source' }, row.source_label || 'CLI'),
  ];
}
