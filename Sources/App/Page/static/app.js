/** Start of the page: makes its parts and introduces them to each other. */
import { get, post } from './api.js';
import { sessionInAddress } from './address.js';
import { composer } from './composer.js';
import { conversation } from './conversation.js';
import { confirm, askForText } from './dialogs.js';
import { forgetDraft } from './draft.js';
import { drawer } from './drawer.js';
import { byId } from './element.js';
import { loadMarkdown } from './markdown.js';
import { modelPicker } from './models.js';
import { banner, notice, showAgent, showConnectionState } from './notices.js';
import { openSession } from './open-session.js';
import { profilePicker } from './profiles.js';
import { questions } from './questions.js';
import { openMenu } from './row-menu.js';
import { stickyScroll } from './scroll.js';
import { sessionList } from './sessions.js';

showConnectionState();

const scroll = stickyScroll(byId('scroller'), byId('to-latest'));
const side = drawer();

const messages = conversation({
  list: byId('messages'),
  earlierButton: byId('load-earlier'),
  welcome: byId('welcome'),
  loading: byId('loading'),
  scroll,
  loadEarlier: () => current.loadEarlier(),
});

const box = composer({
  form: byId('composer'),
  field: byId('composer-text'),
  sendButton: byId('send'),
  stopButton: byId('stop'),
  status: byId('turn-status'),
  send: (text) => current.send(text),
  stop: () => current.stop(),
  typed: (text) => current.typed(text),
});

const models = modelPicker({
  select: byId('model-picker'),
  notice,
  openSession: () => current.session,
  changed: (session) => current.changed(session),
});

const profiles = profilePicker({
  field: byId('profile-field'),
  select: byId('profile-picker'),
  notice,
  switched() {
    models.forget();
    void current.open(null);
    void list.load();
    models.load().catch(() => {});
  },
});

const formatting = loadMarkdown();

const current = openSession({
  formatting,
  messages,
  composer: box,
  questions: questions({ box: byId('questions'), scroll }),
  liveBox: byId('live'),
  scroll,
  header: showHeader,
  notice,
  listChanged() {
    list.draw();
    list.refresh();
  },
  modelForNew: () => models.forNew(),
  wrongProfile(id, profile) {
    notice(`This conversation belongs to the profile “${profile}”.`, {
      label: 'Switch and open',
      run: () => void profiles.choose(profile).then(() => current.open(id)),
    });
  },
});

const list = sessionList({
  box: byId('session-list'),
  search: byId('session-search'),
  archivedToggle: byId('show-archived'),
  current: () => current.session,
  open(id) {
    side.close();
    if (id !== current.session?.session_id) void current.open(id);
  },
  menu: openRowMenu,
  notice,
});

function showHeader(session) {
  const title = session ? session.title || 'New chat' : 'Caduceus';
  const shown = title === 'Untitled' ? 'New chat' : title;
  byId('session-title').textContent = shown;
  document.title = session ? `${shown} · Caduceus` : 'Caduceus';
  const workspace = byId('workspace');
  const path = String(session?.workspace ?? '');
  workspace.hidden = !path;
  workspace.title = `Workspace: ${path}`;
  workspace.textContent = path.split('/').filter(Boolean).at(-1) ?? path;
  models.show();
}

function openRowMenu(button, row) {
  const id = row.session_id;
  const change = async (path, body) => {
    try {
      const { session } = await post(path, { session_id: id, ...body });
      if (session && current.session?.session_id === id) current.changed({ ...current.session, title: session.title });
      await list.load();
    } catch (failure) {
      notice(failure.message);
    }
  };
  openMenu(button, [
    { label: 'Rename…', run: () => void rename(row, change) },
    { label: row.pinned ? 'Unpin' : 'Pin', run: () => void change('api/session/pin', { pinned: !row.pinned }) },
    { label: row.archived ? 'Unarchive' : 'Archive', run: () => void change('api/session/archive', { archived: !row.archived }) },
    { label: 'Delete…', danger: true, run: () => void remove(row, change) },
  ]);
}

async function rename(row, change) {
  const title = await askForText({ title: 'Rename the conversation', label: 'Title', value: row.title ?? '', action: 'Rename' });
  if (title) await change('api/session/rename', { title });
}

async function remove(row, change) {
  const sure = await confirm({
    title: 'Delete this conversation?',
    text: `“${row.title}” and all its messages will be removed. This cannot be undone.`,
    action: 'Delete',
  });
  if (!sure) return;
  if (current.session?.session_id === row.session_id) await current.open(null);
  forgetDraft(row.session_id);
  await change('api/session/delete', {});
}

byId('new-chat').addEventListener('click', () => {
  side.close();
  void current.newChat();
});
addEventListener('popstate', () => current.followAddress());

async function start() {
  const quietly = () => {};
  void list.load();
  models.load().catch(quietly);
  profiles.load().catch(quietly);
  get('api/status').then(showAgent, quietly);
  // Before anything is waited for: what is typed now belongs to the conversation in the address.
  const opened = current.open(sessionInAddress(), { address: 'keep' });
  if (!await formatting) banner('note', ['Formatting is not available, so texts are shown as they were written.'], { dismissible: true });
  await opened;
  box.focus();
}

void start();
