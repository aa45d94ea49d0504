/** The choice of the profile. Conversations belong to one, and the server shows those of the chosen one only. */
import { element } from './element.js';
import { get, post } from './api.js';

export function profilePicker({ field, select, notice, switched }) {
  async function load() {
    const { profiles = [], active } = await get('api/profiles');
    const shown = profiles.filter((profile) => profile.visible !== false || profile.name === active);
    select.replaceChildren(...shown.map((profile) => element('option', { value: profile.name }, profile.name)));
    select.value = active;
    field.hidden = shown.length < 2;
  }

  async function choose(name) {
    try {
      await post('api/profile/switch', { name });
    } catch (failure) {
      if (failure.status !== 404 && failure.status !== 405) {
        notice(failure.message);
        return load();
      }
      // A server without that address goes by the cookie alone.
      document.cookie = `hermes_profile=${encodeURIComponent(name)}; path=/; SameSite=Lax`;
    }
    await load();
    switched();
  }

  select.addEventListener('change', () => void choose(select.value));
  return { load, choose };
}
