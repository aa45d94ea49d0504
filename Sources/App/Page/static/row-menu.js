/** The small menu of one conversation in the list. */
import { byId, element } from './element.js';

let close = () => {};

/** Opens the menu beside a button. `items` are `{label, run, danger}`. */
export function openMenu(button, items) {
  const again = button.getAttribute('aria-expanded') === 'true';
  close();
  if (again) return;
  const menu = byId('row-menu');
  const entries = items.map(({ label, run, danger }) => element('button', {
    type: 'button', role: 'menuitem', tabindex: '-1', class: danger ? 'danger' : null,
    onclick: () => { close({ returnFocus: true }); run(); },
  }, label));
  menu.replaceChildren(...entries);
  menu.hidden = false;
  place(menu, button.getBoundingClientRect());
  button.setAttribute('aria-expanded', 'true');
  entries[0].focus();

  const outside = (event) => { if (!menu.contains(event.target) && !button.contains(event.target)) close(); };
  const keys = (event) => {
    const index = entries.indexOf(document.activeElement);
    if (event.key === 'Escape' || event.key === 'Tab') close({ returnFocus: true });
    else if (event.key === 'ArrowDown') entries[(index + 1) % entries.length].focus();
    else if (event.key === 'ArrowUp') entries[(index - 1 + entries.length) % entries.length].focus();
    else return;
    event.preventDefault();
  };
  const moved = (event) => { if (event.target !== menu) close(); };
  document.addEventListener('pointerdown', outside);
  document.addEventListener('scroll', moved, { capture: true });
  addEventListener('resize', moved);
  menu.addEventListener('keydown', keys);
  close = ({ returnFocus = false } = {}) => {
    close = () => {};
    menu.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', outside);
    document.removeEventListener('scroll', moved, { capture: true });
    removeEventListener('resize', moved);
    menu.removeEventListener('keydown', keys);
    if (returnFocus) button.focus();
  };
}

/** Below the button, or above it near the lower edge; never past the right one. */
function place(menu, spot) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = spot.bottom + 4;
  menu.style.top = `${below + height > innerHeight ? Math.max(4, spot.top - height - 4) : below}px`;
  menu.style.left = `${Math.max(4, Math.min(spot.right - width, innerWidth - width - 4))}px`;
}
