/** Times as people say them. All take seconds since 1970, and say nothing about what is no such time. */

const short = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayAndYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });

/** The date, or null when the value is none: a stored time may be anything. */
export function dateOf(seconds) {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? null : date;
}

export function clockTime(seconds) {
  const date = dateOf(seconds);
  if (!date) return '';
  const today = new Date().toDateString() === date.toDateString();
  return today ? short.format(date) : `${day.format(date)}, ${short.format(date)}`;
}

export function fullTime(seconds) {
  const date = dateOf(seconds);
  return date ? full.format(date) : '';
}

/** How long ago, for a narrow column: `now`, `5m`, `3h`, `2d`, then the date. */
export function ago(seconds, now = Date.now() / 1000) {
  const date = dateOf(seconds);
  if (!date) return '';
  const passed = Math.max(0, now - seconds);
  if (passed < 60) return 'now';
  if (passed < 3600) return `${Math.floor(passed / 60)}m`;
  if (passed < 86_400) return `${Math.floor(passed / 3600)}h`;
  if (passed < 7 * 86_400) return `${Math.floor(passed / 86_400)}d`;
  return date.getFullYear() === new Date(now * 1000).getFullYear() ? day.format(date) : dayAndYear.format(date);
}
