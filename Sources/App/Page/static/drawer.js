/** On a narrow screen the conversation list is a drawer over the page. */
import { byId } from './element.js';

const narrow = matchMedia('(max-width: 820px)');

export function drawer() {
  const sidebar = byId('sidebar');
  const shade = byId('drawer-shade');
  const opener = byId('drawer-open');
  let open = false;

  function match() {
    const out = narrow.matches && !open;
    sidebar.classList.toggle('open', narrow.matches && open);
    sidebar.inert = out;
    shade.hidden = !(narrow.matches && open);
    opener.setAttribute('aria-expanded', String(narrow.matches && open));
  }

  function set(now) {
    if (open === now) return;
    open = now;
    match();
    if (!narrow.matches) return;
    (open ? byId('drawer-close') : opener).focus();
  }

  opener.addEventListener('click', () => set(true));
  byId('drawer-close').addEventListener('click', () => set(false));
  shade.addEventListener('click', () => set(false));
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !open || event.defaultPrevented) return;
    event.preventDefault();
    set(false);
  }, { capture: true });
  narrow.addEventListener('change', match);
  match();
  return { close: () => set(false) };
}
