// The word marker on the screen: a list box of words, a button for each label, a status line.
// The model holds `labels`, `pieces` (text between words and words in turn) and `marked`.

// Okabe and Ito's palette, and a kind of line for each, so that colour is never alone.
const PAINT = ["#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#999999"];
const LINES = ["solid", "dashed", "double", "dotted"];

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function paint(node, place) {
  node.style.setProperty("--paint", PAINT[place]);
  node.style.setProperty("--line", LINES[place % LINES.length]);
}

function render({ model, el }) {
  const labels = model.get("labels");
  const pieces = model.get("pieces");
  const words = pieces.filter((_, place) => place % 2);
  let here = 0; // the word that has the focus
  let anchor = null; // where the selection began; it ends at `here`

  const root = element("div", { class: "word-marker", role: "group", "aria-label": "Word marker" });
  const numbers = labels.length > 1 ? `1 to ${labels.length}` : "1";
  const help = element("p", {},
    "Choose words: click or drag, or arrow keys, with Shift for several. ",
    `Then choose a label: its button, or ${numbers}. Delete clears, Escape leaves the choice.`);
  const list = element("div", {
    class: "word-marker-words",
    role: "listbox",
    dir: "auto",
    "aria-label": "Words of the sentence",
    "aria-multiselectable": "true",
    "aria-orientation": "horizontal",
  });
  const status = element("p", { role: "status" });

  const buttons = labels.map((label, place) => {
    const button = element("button", { type: "button" }, `${place + 1} ${label}`);
    paint(button, place);
    button.addEventListener("click", () => put(label));
    return button;
  });
  const clear = element("button", { type: "button" }, "Delete: no label");
  clear.addEventListener("click", () => put(""));

  // An option is a word with the punctuation that touches it; blanks stay between the options.
  let before = "";
  const options = words.map((word, place) => {
    const [, after, blank, next] = pieces[2 * place + 2].match(/^(\S*)(\s*)(.*)$/s);
    const start = place ? before : pieces[0].trimStart();
    const inner = element("span", { class: "word-marker-word" }, word);
    const option = element("span", { role: "option", "data-word": place }, start, inner, after);
    before = next;
    list.append(option, blank);
    return option;
  });
  root.append(help, list, element("div", {}, ...buttons, clear), status);

  const selection = () =>
    anchor === null ? [] : words.map((_, n) => n).slice(Math.min(anchor, here), Math.max(anchor, here) + 1);
  const quoted = (chosen) => `“${chosen.map((n) => words[n]).join(" ")}”`;

  function draw() {
    const marked = model.get("marked");
    const chosen = selection();
    options.forEach((option, n) => {
      const label = marked[n];
      const inner = option.querySelector(".word-marker-word");
      option.setAttribute("aria-selected", String(chosen.includes(n)));
      option.setAttribute("aria-label", label ? `${words[n]}, ${label}` : words[n]);
      option.tabIndex = n === here ? 0 : -1;
      option.querySelector(".word-marker-tag")?.remove();
      delete inner.dataset.label;
      if (!label) return;
      inner.dataset.label = label;
      paint(option, labels.indexOf(label));
      if (label !== marked[n + 1]) inner.after(element("span", { class: "word-marker-tag" }, ` ${label}`));
    });
    buttons.forEach((button, place) => {
      const all = chosen.length > 0 && chosen.every((n) => marked[n] === labels[place]);
      button.setAttribute("aria-pressed", String(all));
    });
  }

  function choose(word, extend) {
    here = Math.max(0, Math.min(words.length - 1, word));
    if (!extend || anchor === null) anchor = here;
    status.textContent = "";
    draw();
    options[here].focus();
  }

  function leave() {
    anchor = null;
    draw();
    status.textContent = "No word is chosen.";
  }

  function put(label) {
    const chosen = selection();
    if (!chosen.length) {
      status.textContent = "Choose a word first.";
      return;
    }
    const marked = [...model.get("marked")];
    const undo = !label || chosen.every((n) => marked[n] === label);
    for (const n of chosen) marked[n] = undo ? "" : label;
    model.set("marked", marked);
    model.save_changes();
    status.textContent = `${quoted(chosen)}: ${undo ? "no label" : label}.`;
  }

  list.addEventListener("pointerdown", (event) => {
    const option = event.target.closest("[data-word]");
    if (!option || event.button !== 0) return;
    event.preventDefault(); // no text selection; the focus is set here
    choose(Number(option.dataset.word), event.shiftKey);
  });
  list.addEventListener("pointerover", (event) => {
    const option = event.target.closest("[data-word]");
    if (option && event.buttons === 1 && anchor !== null) choose(Number(option.dataset.word), true);
  });

  const moves = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -Infinity, End: Infinity };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // else JupyterLab takes them: 1 makes a heading, D D deletes
    const inList = list.contains(event.target);
    const label = labels[Number(event.key) - 1];
    if (inList && event.key in moves) choose(here + moves[event.key], event.shiftKey);
    else if (inList && (event.key === " " || event.key === "Enter")) choose(here, event.shiftKey);
    else if (label !== undefined) put(label);
    else if (event.key === "Delete" || event.key === "Backspace") put("");
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
  });

  const count = model.get("marked").filter(Boolean).length;
  status.textContent = `${count} of ${words.length} words have a label.`;
  draw();
  model.on("change:marked", draw);
  el.append(root);
  return () => model.off("change:marked", draw);
}

export default { render };
