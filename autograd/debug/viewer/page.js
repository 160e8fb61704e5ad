// The page: what is shown, and what keys and buttons do.

class View {
  constructor() {
    const read = (id) => JSON.parse(document.getElementById(id).textContent);
    const before = read("trace-before");
    this.before = before ? new Trace(before) : null;
    this.trace = new Trace(read("trace"));
    this.entries = this.before ? pairEntries(this.before, this.trace) : singleEntries(this.trace);
    this.#prepareEntries();
    this.tree = new Tree(this.entries, (e) => this.traceOf(e));
    this.position = this.trace.order.length;
    this.groupStates = new Map();  // a module may hold thousands of nodes
    this.darkQuery = matchMedia("(prefers-color-scheme: dark)");

    this.rowList = new RowList(this);
    this.overview = new Overview(this);
    this.panel = new Panel(this);
    this.search = new Search(this);
    this.player = new Player(this);
    this.#showHead();
    this.#listen();
    this.#openLink();
    this.update();
  }

  #prepareEntries() {
    const entryOf = new Map();
    this.entries.forEach((e, i) => { if (e.node) entryOf.set(e.node.index, i); });
    for (const e of this.entries) {
      e.operands = e.node ? e.node.inputs.map((i) => entryOf.get(i)) : [];
      e.change = this.before ? entryChange(e) : null;
    }
    const norms = this.trace.nodes.flatMap((n) =>
      (n.gradient ? [n.gradient.norm, ...n.contributions.map((c) => c.sum)] : []));
    const changes = this.entries.flatMap((e) => (e.change ? [e.change.value, e.change.gradient] : []));
    this.normScale = new LogScale(norms);
    this.changeScale = new LogScale(changes);
  }

  get dark() { return this.darkQuery.matches; }

  traceOf(entry) { return entry.node ? this.trace : this.before; }

  // What rows show ------------------------------------------------------------------------------

  gradientState(node) {
    return {
      state: this.trace.arrival(node, this.position),
      norm: this.trace.norm(node, this.position),
      broken: this.trace.broken(node, this.position),
    };
  }

  normText(node) {
    const { state, norm, broken } = this.gradientState(node);
    if (state === Arrival.constant) return "";
    if (state === Arrival.none) return "none yet";
    if (broken) return "not finite";
    return formatNumber(norm);
  }

  nodeCells(row) {
    const entry = this.entries[row.entry], node = entry.node ?? entry.before;
    const trace = this.traceOf(entry);
    const name = el("span", { class: "name" },
      el("span", { class: node.op ? "op" : "leaf" }, node.op ? node.op.name : lastPart(node.what)),
      node.label && node.op ? el("span", { class: "label" }, node.label) : null);
    if (this.before && !(entry.node && entry.before)) {
      name.append(el("span", { class: "only" }, entry.node ? "only after" : "only before"));
    }
    return [
      el("span", { class: "number" }, String(node.index)), el("span"), el("span", { class: "dot" }), name,
      el("span", { class: "formula" }, node.op?.formula ?? ""),
      el("span", { class: "shape" }, formatShape(node.shape)),
      ...this.#measureCells(),
      el("span", { class: "place", title: trace.placeText(node.place) }, shortPlace(trace.placeText(node.place))),
    ];
  }

  groupCells(row) {
    const { group } = row, text = group.trace.placeText(group.from);
    const count = group.last - group.first;
    return [
      el("span", { class: "number" }), el("span"), el("span", { class: "dot" }),
      el("span", { class: "name" }, caret(), el("span", { class: "module" }, group.name),
        group.kind === "repeat" ? el("span", { class: "times" }, `× ${formatCount(group.children.length)}`) : null),
      el("span", { class: "formula" }),
      el("span", { class: "shape" }, plural(count, "node")),
      ...this.#measureCells(),
      el("span", { class: "place", title: text }, shortPlace(text)),
    ];
  }

  #measureCells() {
    return this.before
      ? [el("span", { class: "measure a" }), el("span", { class: "measure b" })]
      : [el("span", { class: "measure a" })];
  }

  /** What of a row changes with time: a key that tells whether it did, the mark, the texts. */
  rowState(row) {
    if (row.kind !== "node") {
      const key = `${row.key} ${row.folded} ${this.position}`;
      if (!this.groupStates.has(key)) this.groupStates.set(key, this.#groupState(row));
      return this.groupStates.get(key);
    }
    const entry = this.entries[row.entry];
    if (this.before) return this.#changeState(entry.change);
    const { state, norm, broken } = this.gradientState(entry.node);
    return {
      key: `${state} ${norm} ${broken}`,
      mark: () => gradientMark({ state, norm, broken }, this.normScale),
      cells: { a: state === Arrival.none ? "" : this.normText(entry.node) },
      waiting: state === Arrival.none,
      colour: norm > 0 && Number.isFinite(norm) ? this.normScale.colour(norm) : null,
      broken,
    };
  }

  #changeState(change, folded = true) {
    const text = (v) => (v === undefined ? "" : v === 0 ? "same" : v === Infinity ? "not finite" : formatNumber(v));
    const shown = change.gradient ?? change.value;
    return {
      key: `${change.value} ${change.gradient} ${folded}`,
      mark: folded ? () => changeMark(shown, this.changeScale) : null,
      cells: folded ? { a: text(change.value), b: text(change.gradient) } : { a: "", b: "" },
      waiting: false,
      colour: folded && shown > 0 && shown < Infinity ? this.changeScale.colour(shown) : null,
      broken: folded && shown === Infinity,
    };
  }

  /** A folded module shows the largest of what it holds; an unfolded one leaves that to its rows. */
  #groupState(row) {
    const [first, last] = this.tree.range(row);
    if (this.before) {
      const worst = (kind) => this.entries.slice(first, last).reduce((most, e) => {
        const c = e.change[kind];
        return c === undefined ? most : most === undefined ? c : Math.max(most, c);
      }, undefined);
      return this.#changeState({ value: worst("value"), gradient: worst("gradient") }, row.folded);
    }
    if (!row.folded) return { key: "open", mark: null, cells: { a: "" }, waiting: false, colour: null, broken: false };
    let norm, broken = false, seen = 0, complete = 0;
    for (let i = first; i < last; i++) {
      const s = this.gradientState(this.entries[i].node);
      if (s.state === Arrival.constant) continue;
      seen++;
      if (s.state === Arrival.complete) complete++;
      if (s.norm !== undefined) norm = Math.max(norm ?? 0, s.norm);
      broken ||= s.broken;
    }
    const state = seen === 0 ? Arrival.constant : norm === undefined ? Arrival.none
      : complete === seen ? Arrival.complete : Arrival.partial;
    return {
      key: `folded ${state} ${norm} ${broken}`,
      mark: () => gradientMark({ state, norm, broken }, this.normScale),
      cells: { a: norm === undefined ? "" : broken ? "not finite" : `≤ ${formatNumber(norm)}` },
      waiting: state === Arrival.none,
      colour: norm > 0 && Number.isFinite(norm) ? this.normScale.colour(norm) : null,
      broken,
    };
  }

  /** The row of the node whose backward function runs next. */
  get rowAtWork() {
    const node = this.trace.order[this.position];
    return node === undefined ? undefined : this.#rowOfNode(node);
  }

  #rowOfNode(index) {
    return this.tree.rows[this.tree.rowOf[this.tree.entryOfNode.get(this.trace.nodes[index])]];
  }

  // What can be done ----------------------------------------------------------------------------

  select(row, open = true) {
    this.selectedRow = row;
    if (open) document.body.classList.add("panel-open");
    this.rowList.show(row.index);
    if (row.kind === "node" && this.entries[row.entry].node) {
      history.replaceState(null, "", `#${this.entries[row.entry].node.index}`);
    }
    this.update();
  }

  selectEntry(entry) {
    this.tree.reveal(entry);
    this.select(this.tree.rows[this.tree.rowOf[entry]]);
  }

  selectNode(index) { this.selectEntry(this.tree.entryOfNode.get(this.trace.nodes[index])); }

  click(row) {
    if (row.kind !== "node") this.toggle(row);
    else this.select(row);
  }

  toggle(row) {
    this.tree.toggle(row.group);
    this.#refold();
    this.select(this.tree.rows.find((r) => r.key === row.key), false);
  }

  foldAll() {
    this.tree.foldAll(!this.tree.closed);
    this.#refold();
    this.update();
  }

  /** Rows are made anew: the selected one may have become another, or hidden. */
  #refold() {
    const old = this.selectedRow;
    if (old) {
      this.selectedRow = this.tree.rows.find((r) => r.key === old.key) ??
        this.tree.rows[this.tree.rowOf[this.tree.range(old)[0]]];
    }
    document.getElementById("fold").textContent =
      this.tree.closed ? "Unfold all" : "Fold all";
  }

  closePanel() {
    document.body.classList.remove("panel-open");
    this.selectedRow = undefined;
    this.rowList.list.focus();
    this.update();
  }

  moveTo(position) { this.player.moveTo(position); }

  /** To the next node that is not finite; in a comparison to the next that differs. */
  goToTrouble() {
    const trouble = this.entries.map((e, i) => i).filter((i) => {
      const e = this.entries[i];
      if (this.before) return !(e.change.value === 0 && (e.change.gradient ?? 0) === 0);
      return (e.node.value?.notFinite ?? 0) > 0 || (e.node.gradient?.notFinite ?? 0) > 0;
    });
    if (!trouble.length) return;
    const here = this.selectedRow ? this.tree.range(this.selectedRow)[0] : -1;
    this.selectEntry(trouble.find((i) => i > here) ?? trouble[0]);
  }

  update() {
    this.rowList.schedule();
    this.panel.render();
    this.player.show();
  }

  // The frame -----------------------------------------------------------------------------------

  #showHead() {
    const { trace } = this;
    const title = this.before ? `${this.before.title} → ${trace.title}` : trace.title;
    document.getElementById("title").textContent = document.title = title;
    const loss = trace.nodes[trace.root];
    const number = loss.value && loss.size === 1 && !loss.value.notFinite ? ` · ${loss.label || "loss"} ${formatNumber(loss.value.mean)}` : "";
    document.getElementById("summary").textContent =
      `${plural(trace.nodes.length, "node")} · ${plural(trace.order.length, "step")} back${number}`;
    const measures = this.before ? ["Δ value", "Δ gradient"] : ["|gradient|"];
    const head = (name, text) => el("span", { class: name }, text);
    document.getElementById("columns").replaceChildren(
      el("span"), el("span"), el("span"), head("name", "node"), head("formula", "formula"), head("shape", "shape"),
      ...measures.map((text) => head("measure", text)), head("place", "line"));
    document.body.classList.toggle("comparing", Boolean(this.before));
    const alarm = document.getElementById("alarm");
    const broken = trace.nodes.filter((n) => n.gradient?.notFinite || n.value?.notFinite).length;
    alarm.hidden = broken === 0;
    alarm.textContent = `${plural(broken, "node")} not finite`;
    alarm.title = "To the next one (n)";
    alarm.addEventListener("click", () => this.goToTrouble());
    document.getElementById("fold").hidden = this.tree.groups.length === 0;
    document.getElementById("legend").append(this.#legendScale());
    document.getElementById("help-legend").append(this.#legendMarks());
    this.#refold();
  }

  #legendScale() {
    const scale = this.before ? this.changeScale : this.normScale;
    const strip = el("span", { class: "strip" });
    strip.style.background = `linear-gradient(to right, ${kScale.join(",")})`;
    const end = (log) => formatNumber(10 ** log);
    return el("span", { class: "scale", title: this.before ? "relative difference" : "norm of the gradient, logarithmic" },
      el("span", { class: "quantity" }, this.before ? "difference" : "|gradient|"),
      el("span", {}, end(scale.low)), strip, el("span", {}, end(scale.high)));
  }

  #legendMarks() {
    const norm = 10 ** ((this.normScale.low + this.normScale.high) / 2);
    const mark = (text, state) => el("li", {}, gradientMark(state, this.normScale), el("span", {}, text));
    return el("ul", { class: "marks" },
      mark("no gradient yet", { state: Arrival.none }),
      mark("partial: more is to come", { state: Arrival.partial, norm }),
      mark("complete; the colour is its norm", { state: Arrival.complete, norm }),
      mark("complete and 0 everywhere", { state: Arrival.complete, norm: 0 }),
      mark("not finite", { state: Arrival.complete, norm, broken: true }),
      mark("a constant: no gradient is wanted", { state: Arrival.constant }));
  }

  #listen() {
    document.getElementById("fold").addEventListener("click", () => this.foldAll());
    const help = document.getElementById("help");
    document.getElementById("help-button").addEventListener("click", () => help.showModal());
    this.darkQuery.addEventListener("change", () => {
      this.panel.key = undefined;
      this.update();
    });
    addEventListener("resize", () => this.update());
    addEventListener("hashchange", () => this.#openLink());
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** tape.html#17 opens with node 17. */
  #openLink() {
    const index = Number(location.hash.slice(1));
    if (location.hash && this.trace.nodes[index]) this.selectNode(index);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const { target } = event;
    if (target.matches("input, select")) return;  // they have keys of their own
    const button = target.matches("button");
    const keys = {
      ArrowDown: () => this.#moveSelection(1),
      ArrowUp: () => this.#moveSelection(-1),
      PageDown: () => this.#moveSelection(15),
      PageUp: () => this.#moveSelection(-15),
      Home: () => this.select(this.tree.rows[0], false),
      End: () => this.select(this.tree.rows.at(-1), false),
      ArrowRight: () => this.player.step(1),
      ArrowLeft: () => this.player.step(-1),
      " ": button ? null : () => this.player.toggle(),
      Enter: button ? null : () => this.#open(),
      "/": () => document.getElementById("search").select(),
      "?": () => document.getElementById("help").showModal(),
      f: () => this.foldAll(),
      n: () => this.goToTrouble(),
      Escape: () => this.closePanel(),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  }

  #moveSelection(by) {
    const { rows } = this.tree;
    const from = this.selectedRow?.index ?? (by > 0 ? -1 : rows.length);
    const to = Math.min(Math.max(from + by, 0), rows.length - 1);
    if (rows[to]) this.select(rows[to], false);
  }

  #open() {
    if (this.selectedRow?.group) this.toggle(this.selectedRow);
    else if (this.selectedRow) this.select(this.selectedRow);
  }
}

/** "encoder.fc1.weight" as its module's row already says the rest: "weight". */
function lastPart(name) { return name.slice(name.lastIndexOf(".") + 1); }

function shortPlace(place) { return place.slice(place.lastIndexOf("/") + 1); }

function caret() {
  return svg("svg", { class: "caret", viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true" },
    svg("path", { d: "M3 1.5 7 5 3 8.5" }));
}

/** Moves through the reverse pass. Position p: p nodes have run, and order[p] is the next. */
class Player {
  constructor(view) {
    this.view = view;
    const byId = (id) => document.getElementById(id);
    this.slider = byId("slider");
    this.slider.max = view.trace.order.length;
    this.slider.addEventListener("input", () => this.moveTo(Number(this.slider.value)));
    byId("first").addEventListener("click", () => this.moveTo(0));
    byId("back").addEventListener("click", () => this.step(-1));
    byId("play").addEventListener("click", () => this.toggle());
    byId("forward").addEventListener("click", () => this.step(1));
    byId("last").addEventListener("click", () => this.moveTo(this.end));
  }

  get end() { return this.view.trace.order.length; }

  moveTo(position) {
    this.pause();
    this.#go(position);
  }

  step(by) { this.moveTo(this.view.position + by); }

  #go(position) {
    this.view.position = Math.min(Math.max(position, 0), this.end);
    this.view.groupStates.clear();
    const row = this.view.rowAtWork;
    if (row) this.view.rowList.show(row.index);
    this.view.update();
  }

  toggle() {
    if (this.timer) this.pause();
    else this.#play();
  }

  #play() {
    if (this.view.position === this.end) this.#go(0);
    const beat = () => {
      this.#go(this.view.position + 1);
      if (this.view.position < this.end) this.timer = setTimeout(beat, this.#beatLength());
      else this.pause();
    };
    this.timer = setTimeout(beat, this.#beatLength());
    this.show();
  }

  #beatLength() { return 1000 / Number(document.getElementById("speed").value); }

  pause() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.show();
  }

  show() {
    const { position, trace } = this.view;
    this.slider.value = position;
    this.slider.style.setProperty("--done", this.end ? position / this.end : 1);
    const text = position === this.end
      ? `all ${plural(this.end, "step")} done`
      : `step ${position + 1} of ${this.end}: ${trace.name(trace.order[position])}`;
    document.getElementById("position").textContent = text;
    this.slider.setAttribute("aria-valuetext", text);
    const play = document.getElementById("play");
    play.classList.toggle("playing", Boolean(this.timer));
    play.setAttribute("aria-label", this.timer ? "Pause" : "Play");
    play.title = this.timer ? "Pause (space)" : "Play (space)";
    play.querySelector("path").setAttribute("d", this.timer ? "M3 2.5h3.5v11H3zM9.5 2.5H13v11H9.5z" : "M4 2.5v11L13 8z");
    for (const id of ["first", "back"]) document.getElementById(id).disabled = position === 0;
    for (const id of ["last", "forward"]) document.getElementById(id).disabled = position === this.end;
  }
}

const view = new View();
