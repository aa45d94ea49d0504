/** Keeps the newest text in sight, but only for a reader who is at the bottom already. */

const nearby = 80;

export function stickyScroll(scroller, latestButton) {
  let sticking = true;

  function atBottom() {
    return scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < nearby;
  }

  function toBottom() {
    sticking = true;
    scroller.scrollTop = scroller.scrollHeight;
    latestButton.hidden = true;
  }

  let lastTop = 0;
  scroller.addEventListener('scroll', () => {
    // Content that grows makes the distance larger without the reader moving; only moving up lets go.
    if (scroller.scrollTop < lastTop && !atBottom()) sticking = false;
    else if (atBottom()) sticking = true;
    lastTop = scroller.scrollTop;
    latestButton.hidden = atBottom();
  }, { passive: true });
  latestButton.addEventListener('click', toBottom);
  new ResizeObserver(() => { if (sticking) toBottom(); }).observe(scroller);

  return {
    toBottom,
    /** Call after content was added. */
    grew() {
      if (sticking) toBottom();
      else latestButton.hidden = atBottom();
    },
    /** Runs a change above the view and keeps what the reader sees where it is. */
    keepingPlace(change) {
      const before = scroller.scrollHeight - scroller.scrollTop;
      change();
      scroller.scrollTop = scroller.scrollHeight - before;
      lastTop = scroller.scrollTop;
    },
  };
}
