/** The message box with its buttons. It knows nothing of conversations; it reports what the person does. */

const highest = 260;

export function composer({ form, field, sendButton, stopButton, status, send, stop, typed }) {
  let busy = false;
  let stopping = false;

  /** The box grows with its text. */
  function fit() {
    field.style.height = 'auto';
    field.style.height = `${Math.min(field.scrollHeight, highest)}px`;
    field.style.overflowY = field.scrollHeight > highest ? 'auto' : 'hidden';
  }

  function match() {
    sendButton.hidden = busy;
    sendButton.disabled = field.value.trim() === '';
    stopButton.hidden = !busy;
    stopButton.disabled = stopping;
  }

  field.addEventListener('input', () => {
    fit();
    match();
    typed(field.value);
  });
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (busy) status.textContent = 'One answer at a time: wait, or stop this one.';
    else if (field.value.trim()) send(field.value.trim());
  });
  stopButton.addEventListener('click', stop);
  document.addEventListener('keydown', (event) => {
    const here = event.target === field || event.target === document.body;
    if (event.key === 'Escape' && here && busy && !stopping && !event.defaultPrevented) stop();
  });
  addEventListener('resize', fit);
  match();

  return {
    get text() { return field.value; },
    set text(text) {
      if (field.value !== text) field.value = text;
      fit();
      match();
    },
    setBusy(now) {
      busy = now;
      stopping = false;
      if (!now) status.textContent = '';
      match();
    },
    setStopping(now) {
      stopping = now;
      match();
    },
    setStatus(text) {
      if (status.textContent !== text) status.textContent = text;
    },
    focus() {
      // On a touch screen focus would push a keyboard over what one came to read.
      if (matchMedia('(hover: hover)').matches) field.focus();
    },
  };
}
