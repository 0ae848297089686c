// Cards in a notebook: draws what it is told and decides nothing.
//
// Rule: nothing is ever drawn anew. Each card keeps its elements for as long as it is shown, and only what changed is
// touched, so a press that takes its time meets the same button at its end. Each action has a button of its own, so a
// press that began on one is never taken for another. What cannot be undone is asked about.

const SYMBOLS = { download: "↓", progress: "…", downloaded: "✓", selected: "✓", failed: "!", unavailable: "-" };
const WORDS = { download: "Download", cancel: "Cancel", retry: "Try again", select: "Select", delete: "Delete" };
const SURE = "Really delete?";
const PATIENCE = 4000; // milliseconds that the question stands

function make(tag, name, parent) {
  const node = document.createElement(tag);
  node.className = `modelfetch-${name}`;
  parent.append(node);
  return node;
}

function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
  node.hidden = !text;
}

function set(node, name, value) {
  if (value === null || value === undefined || value === "") node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

// One line for screen readers in the page, which outlives the cards: what is removed with its text is not read out.
function announce(text) {
  let node = document.getElementById("modelfetch-announcer");
  if (!node) {
    node = document.createElement("div");
    node.id = "modelfetch-announcer";
    node.setAttribute("role", "status");
    node.style.cssText = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";
    document.body.append(node);
  }
  node.textContent = text;
}

class CardView {
  constructor(send) {
    this.send = send;
    this.buttons = new Map();
    this.badges = "";
    this.root = make("div", "card", document.createDocumentFragment());
    this.root.setAttribute("role", "group");
    this.root.tabIndex = -1;
    this.root.addEventListener("click", (event) => this.tapped(event));
    this.icon = make("span", "icon", this.root);
    this.icon.setAttribute("aria-hidden", "true");
    const body = make("div", "body", this.root);
    const head = make("div", "head", body);
    this.title = make("span", "title", head);
    this.badgeBox = make("span", "badges", head);
    this.figures = make("span", "figures", head);
    this.subtitle = make("div", "subtitle", body);
    this.bar = make("div", "bar", body);
    this.bar.setAttribute("role", "progressbar");
    this.bar.setAttribute("aria-valuemin", "0");
    this.bar.setAttribute("aria-valuemax", "100");
    this.fill = make("div", "fill", this.bar);
    const line = make("div", "line", body);
    this.status = make("span", "status", line);
    this.percent = make("span", "percent", line);
    this.detail = make("span", "detail", line);
    this.reason = make("div", "reason", body);
    this.actions = make("div", "actions", this.root);
  }

  tapped(event) {
    const selection = document.getSelection();
    const copies = selection && !selection.isCollapsed && this.root.contains(selection.anchorNode);
    if (this.tap && !copies && !this.actions.contains(event.target)) this.send(this.tap, this.id);
  }

  update(card, isAbove) {
    this.announceChange(card);
    this.id = card.id;
    this.tap = card.tap;
    set(this.root, "data-id", card.id);
    set(this.root, "data-icon", card.icon);
    set(this.root, "data-tap", card.tap);
    set(this.root, "data-above", isAbove ? "true" : null);
    set(this.root, "aria-label", card.label);
    set(this.root, "aria-disabled", card.enabled ? null : "true");
    set(this.root, "aria-current", card.icon === "selected" ? "true" : null);
    set(this.root, "style", card.opacity === 1 ? null : `opacity: ${card.opacity}`);
    say(this.icon, SYMBOLS[card.icon] ?? "");
    say(this.title, card.title);
    say(this.figures, [card.size_text, card.ram_text].filter(Boolean).join(" · "));
    say(this.subtitle, card.subtitle);
    say(this.status, card.status_text);
    say(this.detail, card.detail_text);
    say(this.reason, card.reason);
    this.showBar(card);
    this.showBadges(card.badges);
    this.showActions(card);
  }

  announceChange(card) {
    const said = [card.title, card.status_text, card.icon === "failed" ? card.reason : ""].filter(Boolean).join(": ");
    if (this.said !== undefined && this.said !== said) announce(said);
    this.said = said;
  }

  showBar(card) {
    const running = card.icon === "progress";
    this.bar.hidden = card.percent === null && !running;
    set(this.bar, "data-unknown", card.percent === null ? "true" : null);
    set(this.bar, "aria-label", card.title);
    set(this.bar, "aria-valuenow", card.percent);
    set(this.fill, "style", `width: ${(card.fraction ?? 0) * 100}%`);
    say(this.percent, card.percent === null ? "" : `${card.percent}%`);
  }

  showBadges(badges) {
    const key = badges.join("\n");
    if (key === this.badges) return;
    this.badges = key;
    this.badgeBox.replaceChildren();
    for (const badge of badges) make("span", "badge", this.badgeBox).textContent = badge;
  }

  showActions(card) {
    const focused = this.root.getRootNode().activeElement;
    for (const action of card.actions) {
      if (!this.buttons.has(action)) this.buttons.set(action, this.button(action));
      const button = this.buttons.get(action);
      set(button, "aria-label", `${button.textContent} ${card.title}`);
    }
    for (const [action, button] of this.buttons) button.hidden = !card.actions.includes(action);
    this.actions.hidden = card.actions.length === 0;
    if (focused && this.actions.contains(focused) && (focused.hidden || this.actions.hidden)) this.refocus();
  }

  // Whoever works with the keyboard stays at the card when the button that had the focus goes.
  refocus() {
    const button = [...this.buttons.values()].find((each) => !each.hidden);
    (button ?? this.root).focus({ preventScroll: true });
  }

  button(action) {
    const button = make("button", "action", this.actions);
    button.type = "button";
    button.textContent = WORDS[action];
    button.dataset.action = action;
    button.addEventListener("click", (event) => this.pressed(action, button, event));
    button.addEventListener("keydown", (event) => {
      if (event.repeat) event.preventDefault(); // a key that is held down is one press
    });
    return button;
  }

  pressed(action, button, event) {
    if (action !== "delete") this.send(action, this.id);
    else if (!button.dataset.sure) this.ask(button);
    else if (event.detail < 2) {
      // the second half of a double click is no answer
      this.calm(button);
      this.send(action, this.id);
    }
  }

  ask(button) {
    button.dataset.sure = "true";
    button.textContent = SURE;
    set(button, "aria-label", `${SURE} ${this.title.textContent}`);
    announce(`${SURE} Press again.`);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.calm(button), PATIENCE);
  }

  calm(button) {
    delete button.dataset.sure;
    button.textContent = WORDS.delete;
    set(button, "aria-label", `${WORDS.delete} ${this.title.textContent}`);
  }
}

class CardList {
  constructor(parent, name, label, send) {
    this.box = make("div", name, parent);
    this.box.setAttribute("role", "group");
    this.box.setAttribute("aria-label", label);
    this.send = send;
    this.views = new Map();
  }

  update(cards, above) {
    this.box.hidden = cards.length === 0;
    const gone = new Set(this.views.keys());
    cards.forEach((card, place) => {
      gone.delete(card.id);
      if (!this.views.has(card.id)) this.views.set(card.id, new CardView(this.send));
      const view = this.views.get(card.id);
      view.update(above.get(card.id) ?? card, above.has(card.id));
      if (this.box.children[place] !== view.root) this.box.insertBefore(view.root, this.box.children[place] ?? null);
    });
    for (const id of gone) {
      this.views.get(id).root.remove();
      this.views.delete(id);
    }
  }
}

function render({ model, el }) {
  const send = (action, id) => model.send({ action, id });
  const root = make("div", "cards", el);
  root.setAttribute("data-lm-suppress-shortcuts", "true"); // JupyterLab's Enter edits a cell, and d, d deletes it
  const active = new CardList(root, "active", "Running", send);
  const notice = make("div", "notice", root);
  notice.setAttribute("role", "alert");
  const list = new CardList(root, "list", "Models", send);
  const draw = () => {
    const running = model.get("active") ?? [];
    active.update(running, new Map());
    say(notice, model.get("notice") ?? "");
    list.update(model.get("cards") ?? [], new Map(running.map((card) => [card.id, card])));
  };
  const names = ["change:active", "change:cards", "change:notice"];
  for (const name of names) model.on(name, draw);
  draw();
  return () => {
    for (const name of names) model.off(name, draw);
  };
}

export default { render };
