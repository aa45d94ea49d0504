/** The choice of the model. It belongs to the open conversation; on the start page to the one that comes next. */
import { element } from './element.js';
import { get, post } from './api.js';

export function modelPicker({ select, notice, openSession, changed }) {
  let catalogue = { groups: [], default_model: '' };
  let wish = null;
  const options = new Map();

  async function load() {
    catalogue = await get('api/models');
    draw();
  }

  function draw() {
    options.clear();
    const groups = (catalogue.groups ?? []).map((group) => element('optgroup', { label: group.provider ?? group.provider_id },
      [...(group.models ?? []), ...(group.extra_models ?? [])].map((model) => option(model.id, model.label, group.provider_id))));
    select.replaceChildren(...groups);
    select.disabled = options.size === 0;
    show();
  }

  function option(id, label, provider) {
    const key = String(options.size);
    options.set(key, { model: id, model_provider: provider ?? null });
    return element('option', { value: key }, label || id);
  }

  /** Selects the model of the open conversation; one that the catalogue does not have gets an entry of its own. */
  function show() {
    const session = openSession();
    const wanted = session ? session.model : wish?.model ?? catalogue.default_model;
    if (!wanted) return;
    const provider = session?.model_provider ?? wish?.model_provider;
    const entries = [...options].filter(([, entry]) => entry.model === wanted);
    const best = entries.find(([, entry]) => entry.model_provider === provider) ?? entries[0];
    if (best) select.value = best[0];
    else {
      const added = option(wanted, wanted, provider);
      select.append(added);
      select.value = added.value;
      select.disabled = false;
    }
  }

  select.addEventListener('change', async () => {
    const chosen = options.get(select.value);
    const session = openSession();
    wish = chosen;
    if (!session) return;
    try {
      const { session: updated } = await post('api/session/update', { session_id: session.session_id, ...chosen });
      if (openSession()?.session_id === session.session_id) changed(updated);
    } catch (failure) {
      notice(failure.message);
      show();
    }
  });

  return {
    load,
    show,
    /** What a new conversation is made with. */
    forNew: () => (wish ? { ...wish } : {}),
    forget() { wish = null; },
  };
}
