// Lets a finger hover before it taps.
// Vega takes a click to be on the item that was hovered last, and forgets it when the pointer leaves: a finger does not
// hover, and leaves before its click. So each of its events that counts is preceded by a move to where it is.
let touching = false;
function hoverFirst(event) {
  if (event.type === "pointerdown") touching = event.pointerType !== "mouse";
  if (!touching || !event.target.closest?.('[class*="st-key-space-"] canvas')) return;
  const { clientX, clientY } = event;
  event.target.dispatchEvent(new PointerEvent("pointermove", { clientX, clientY, bubbles: true }));
}

let listening = false;

export default function () {
  if (listening) return;
  listening = true;
  for (const type of ["pointerdown", "mousedown", "click"]) document.addEventListener(type, hoverFirst, true);
}
