/** Requests to the server. Every answer is JSON; every failure is a `RequestFailed` with the server's own words. */
import { at } from './address.js';
import { answered, serverAnswers } from './connection.js';

export class RequestFailed extends Error {
  /** `status` is 0 when no answer came at all. `body` is the whole answer, for the few callers that read more. */
  constructor(message, status, body = {}) {
    super(message);
    this.name = 'RequestFailed';
    this.status = status;
    this.body = body;
  }
}

export function get(path, query = {}) {
  return request('GET', path, query);
}

/** `leaving` lets the request outlive the page, for what must be saved while it closes. */
export function post(path, body = {}, { query = {}, leaving = false } = {}) {
  return request('POST', path, query, { body: JSON.stringify(body), keepalive: leaving });
}

async function request(method, path, query, options = {}) {
  let answer;
  try {
    answer = await fetch(withQuery(path, query), {
      method,
      headers: options.body ? { 'Content-Type': 'application/json' } : {},
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.timeout(30_000),
      ...options,
    });
  } catch (cause) {
    void serverAnswers();
    const text = cause.name === 'TimeoutError' ? 'The server took too long to answer.' : 'The server cannot be reached.';
    throw new RequestFailed(text, 0);
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.status >= 502 && answer.status <= 504) void serverAnswers();
  else answered();
  if (answer.status === 401) signInAgain();
  if (!answer.ok) {
    const text = body.error ?? body.message ?? `The server answered ${answer.status}.`;
    throw new RequestFailed(String(text), answer.status, body);
  }
  return body;
}

export function withQuery(path, query) {
  const address = new URL(at(path));
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined) address.searchParams.set(key, value);
  }
  return address.href;
}

function signInAgain() {
  const here = location.pathname + location.search;
  location.assign(`${at('login')}?next=${encodeURIComponent(here)}`);
}
