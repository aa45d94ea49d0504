/** Times as people say them. All take seconds since 1970. */

const short = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayAndYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

export function clockTime(seconds) {
  const date = new Date(seconds * 1000);
  const today = new Date().toDateString() === date.toDateString();
  return today ? short.format(date) : `${day.format(date)}, ${short.format(date)}`;
}

export function fullTime(seconds) {
  return full.format(new Date(seconds * 1000));
}

/** How long ago, for a narrow column: `now`, `5m`, `3h`, `2d`, then the date. */
export function ago(seconds, now = Date.now() / 1000) {
  const passed = Math.max(0, now - seconds);
  if (passed < 60) return 'now';
  if (passed < 3600) return `${Math.floor(passed / 60)}m`;
  if (passed < 86_400) return `${Math.floor(passed / 3600)}h`;
  if (passed < 7 * 86_400) return `${Math.floor(passed / 86_400)}d`;
  const date = new Date(seconds * 1000);
  return date.getFullYear() === new Date(now * 1000).getFullYear() ? day.format(date) : dayAndYear.format(date);
}
