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
    this.darkQuery = matchMedia("(prefers-color-scheme: dark)");

    this.contents = new RowContents(this);
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
    const changes = this.entries.flatMap((e) => Object.values(e.change ?? {}));
    this.normScale = new LogScale(norms);
    this.changeScale = new LogScale(changes);
  }

  get dark() { return this.darkQuery.matches; }

  traceOf(entry) { return entry.node ? this.trace : this.before; }

  /** How far a node's gradient has come by now. */
  gradientState(node) {
    const { trace, position } = this;
    return {
      state: trace.arrival(node, position),
      norm: trace.norm(node, position),
      broken: trace.broken(node, position),
    };
  }

  /** The row of the node whose backward function runs next. */
  get rowAtWork() {
    const node = this.trace.order[this.position];
    return node === undefined ? undefined : this.#rowOfNode(node);
  }

  /** The rows to which it sends, by number. */
  get receivers() {
    const { trace } = this, node = trace.nodes[trace.order[this.position]];
    return (node?.sent ?? []).map(({ to }) => this.#rowOfNode(to).index);
  }

  #rowOfNode(index) {
    const { tree } = this;
    return tree.rows[tree.rowOf[tree.entryOfNode.get(this.trace.nodes[index])]];
  }

  // What can be done ----------------------------------------------------------------------------

  select(row, open = true) {
    this.selectedRow = row;
    if (open) document.body.classList.add("panel-open");
    this.panel.render();  // first: it may cover a part of the list
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

  /** What is wrong, the causes first: wrong gradients, births of NaN, then what these reached. */
  get #trouble() {
    const { trace, tree } = this;
    if (this.before) {
      return this.entries.map((e, i) => i).filter((i) => {
        const { change } = this.entries[i];
        return !(change.value === 0 && (change.gradient ?? 0) === 0);
      });
    }
    const broken = trace.nodes.filter((n) => n.gradient?.notFinite || n.value?.notFinite);
    const nodes = [...trace.nodes.filter((n) => n.wrong), ...trace.births(), ...broken];
    return [...new Set(nodes.map((n) => tree.entryOfNode.get(n)))];
  }

  /** To the next of them, from the first on. */
  goToTrouble() {
    const trouble = this.#trouble;
    if (!trouble.length) return;
    const here = this.selectedRow ? trouble.indexOf(this.tree.range(this.selectedRow)[0]) : -1;
    this.selectEntry(trouble[(here + 1) % trouble.length]);
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
    document.getElementById("summary").textContent = [
      plural(trace.nodes.length, "node"), `${plural(trace.order.length, "step")} back`,
      ...this.#lossText(trace.nodes[trace.root])].join(" · ");
    const measures = this.before ? ["Δ value", "Δ gradient"] : ["|gradient|"];
    const head = (name, text) => el("span", { class: name }, text);
    document.getElementById("columns").replaceChildren(
      el("span"), el("span"), el("span"),
      head("name", "node"), head("formula", "formula"), head("shape", "shape"),
      ...measures.map((text) => head("measure", text)), head("place", "line"));
    document.body.classList.toggle("comparing", Boolean(this.before));
    const alarm = document.getElementById("alarm");
    const text = this.#alarmText();
    alarm.textContent = text || "nothing is wrong";
    alarm.hidden = !text;
    alarm.title = "To the next one (n)";
    alarm.addEventListener("click", () => this.goToTrouble());
    document.getElementById("fold").hidden = this.tree.groups.length === 0;
    document.getElementById("legend").append(this.#legendScale());
    document.getElementById("help-legend").append(this.#legendMarks());
    this.#refold();
  }

  #alarmText() {
    const { trace } = this;
    const wrong = trace.nodes.filter((n) => n.wrong);
    const broken = trace.nodes.filter((n) => n.gradient?.notFinite || n.value?.notFinite).length;
    const texts = [];
    if (wrong.length) {
      texts.push(wrong.length === 1 ? `wrong gradient: ${trace.name(wrong[0].index)}`
        : `${plural(wrong.length, "node")} with wrong gradients`);
    }
    if (broken) {
      const births = trace.births().map((n) => trace.name(n.index));
      texts.push(births.length ? `not finite from ${births[0]}`
        : `${plural(broken, "node")} not finite`);
    }
    return texts.join(" · ");
  }

  #lossText({ label, size, value }) {
    if (!value || size !== 1 || value.notFinite) return [];
    return [`${label || "loss"} ${formatNumber(value.mean)}`];
  }

  #legendScale() {
    const scale = this.before ? this.changeScale : this.normScale;
    const strip = el("span", { class: "strip" });
    strip.style.background = `linear-gradient(to right, ${kScale.join(",")})`;
    const end = (log) => formatNumber(10 ** log);
    const [short, long] = this.before
      ? ["difference", "difference of gradients relative to their size, logarithmic"]
      : ["|gradient|", "norm of the gradient, logarithmic"];
    return el("span", { class: "scale", title: long }, el("span", { class: "quantity" }, short),
      el("span", {}, end(scale.low)), strip, el("span", {}, end(scale.high)));
  }

  #legendMarks() {
    const norm = 10 ** ((this.normScale.low + this.normScale.high) / 2);
    const mark = (text, gradient) =>
      el("li", {}, gradientMark(gradient, this.normScale), el("span", {}, text));
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
    if (!location.hash || !this.trace.nodes[index]) return;
    this.selectNode(index);
    // Once more when the page is laid out: only then is known what the panel covers.
    requestAnimationFrame(() => this.selectedRow && this.rowList.show(this.selectedRow.index));
  }

  #key(event) {
    const { target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]")) return;
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
      "/": () => this.search.focus(),
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

const view = new View();
