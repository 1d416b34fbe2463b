// One gesture of the visitor makes one entry in the browser's history, so that Back shows what was there before it.
// By itself Streamlit makes none for a widget that is set, two for a link to another page, and one for a correction.
if (!window.historyOfGestures) {
  window.historyOfGestures = true;
  const { pushState, replaceState } = history;
  let gesture = false;
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, () => (gesture = true), true);
  addEventListener("popstate", () => (gesture = false), true);
  history.pushState = history.replaceState = (state, title, url) => {
    const moves = new URL(url, location).href !== location.href;
    (moves && gesture ? pushState : replaceState).call(history, state, title, url);
    if (moves) gesture = false;
  };
}

// Runs again at another theme: then the server has to draw its charts anew.
const grounds = new WeakMap(); // shadow root -> background colour
export default function followTheme({ parentElement, setStateValue }) {
  const ground = getComputedStyle(parentElement.host).getPropertyValue("--st-background-color");
  if (grounds.has(parentElement) && grounds.get(parentElement) !== ground) setStateValue("ground", ground);
  grounds.set(parentElement, ground);
}
