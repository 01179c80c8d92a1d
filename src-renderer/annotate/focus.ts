/** Gives the keys back to the canvas, after a control beside it was used. */
export function focusCanvas(): void {
  document.querySelector<HTMLElement>('[data-pane="annotate"]')?.focus({ preventScroll: true });
}
