// What the rows say: texts that stay, and the mark and numbers that change with the reverse pass.

class RowContents {
  constructor(view) {
    this.view = view;
    this.groups = new Map();  // states of modules, which may hold thousands of nodes
  }

  nodeCells(row) {
    const { view } = this, entry = view.entries[row.entry], node = entry.node ?? entry.before;
    const trace = view.traceOf(entry), own = trace.placeText(trace.ownPlace(node));
    const place = [own, trace.placeText(node.place)].filter((p, i, all) => all.indexOf(p) === i);
    const tags = [
      node.op && node.label ? el("span", { class: "label" }, node.label) : null,
      node.attributes.length
        ? el("span", { class: "told" }, node.attributes.map(attributeText).join(" ")) : null,
      node.wrong ? el("span", { class: "tag broken" }, "wrong gradient") : null,
      node.value?.notFinite ? el("span", { class: "tag broken" }, "value not finite") : null,
      view.before && !(entry.node && entry.before)
        ? el("span", { class: "tag" }, entry.node ? "only after" : "only before") : null,
    ];
    const text = node.op ? node.op.name : lastPart(node.what);
    return this.#cells(String(node.index),
      [el("span", { class: node.op ? "op" : "leaf" }, text), ...tags],
      node.op?.formula ?? "", formatShape(node.shape), place);
  }

  groupCells(row) {
    const { group } = row, place = group.trace.placeText(group.from);
    const times = group.kind === "repeat"
      ? el("span", { class: "times" }, `× ${formatCount(group.children.length)}`) : null;
    return this.#cells("", [caret(), el("span", { class: "module" }, group.name), times], "",
      plural(group.last - group.first, "node"), [place]);
  }

  #cells(number, name, formula, shape, place) {
    const cell = (kind, ...content) => el("span", { class: kind }, ...content);
    const measures = this.view.before ? ["measure a", "measure b"] : ["measure a"];
    const line = cell("place", place[0].slice(place[0].lastIndexOf("/") + 1));
    line.title = place.join(", in the library ");
    return [cell("number", number), cell("arc-room"), cell("dot"), cell("name", ...name),
      cell("formula", formula), cell("shape", shape), ...measures.map((m) => cell(m)), line];
  }

  /** The norm as a text: "none yet" is not 0. */
  normText({ state, norm, broken }) {
    if (state === Arrival.constant) return "";
    if (state === Arrival.none) return "none yet";
    return broken ? "not finite" : formatNumber(norm);
  }

  /**
   * What of a row changes: {key, mark, texts, waiting, colour, broken}. The row is drawn anew when
   * the key changes; `mark` makes the picture; `colour` is that of the overview.
   */
  state(row) {
    if (row.kind === "node") {
      const entry = this.view.entries[row.entry];
      return this.view.before ? this.#changed(entry.change)
        : this.#arrived(this.view.gradientState(entry.node));
    }
    const key = `${row.key} ${row.folded}`;
    if (this.position !== this.view.position) this.groups.clear();
    this.position = this.view.position;
    if (!this.groups.has(key)) this.groups.set(key, this.#group(row));
    return this.groups.get(key);
  }

  /** A folded module shows the largest of what it holds; an open one leaves that to its rows. */
  #group(row) {
    if (!row.folded) return { key: "open", texts: this.view.before ? ["", ""] : [""] };
    const { group } = row, entries = this.view.entries.slice(group.first, group.last);
    if (this.view.before) return this.#changed(largestChange(entries));
    const states = entries.map((e) => this.view.gradientState(e.node))
      .filter((s) => s.state !== Arrival.constant);
    const norms = states.map((s) => s.norm).filter((n) => n !== undefined);
    const complete = states.every((s) => s.state === Arrival.complete);
    return this.#arrived({
      state: !states.length ? Arrival.constant : !norms.length ? Arrival.none
        : complete ? Arrival.complete : Arrival.partial,
      norm: norms.length ? norms.reduce((a, b) => Math.max(a, b)) : undefined,
      broken: states.some((s) => s.broken),
    }, "≤ ");
  }

  #arrived(gradient, prefix = "") {
    const { state, norm, broken } = gradient, scale = this.view.normScale;
    const waiting = state === Arrival.none;
    const text = waiting ? "" : this.normText(gradient);
    return {
      key: `${prefix}${state} ${norm} ${broken}`,
      mark: () => gradientMark(gradient, scale),
      texts: [text && !broken ? prefix + text : text],
      waiting, broken,
      colour: norm > 0 && Number.isFinite(norm) ? scale.colour(norm) : null,
    };
  }

  #changed(change) {
    const text = (v) => (v === undefined ? "" : v === 0 ? "same"
      : v === Infinity ? "not finite" : formatNumber(v));
    const shown = change.gradient ?? change.value, scale = this.view.changeScale;
    return {
      key: `${change.value} ${change.gradient}`,
      mark: () => changeMark(shown, scale),
      texts: [text(change.value), text(change.gradient)],
      broken: shown === Infinity,
      colour: shown > 0 && shown < Infinity ? scale.colour(shown) : null,
    };
  }
}

/** "encoder.fc1.weight" as its module's row already says the rest: "weight". */
function lastPart(name) { return name.slice(name.lastIndexOf(".") + 1); }

function caret() {
  return svg("svg", {
    class: "caret", viewBox: "0 0 10 10", width: 10, height: 10, "aria-hidden": "true",
  }, svg("path", { d: "M3 1.5 7 5 3 8.5" }));
}

/** "axis=0", and of a flag its name alone. */
function attributeText([name, text]) { return text === "true" ? name : `${name}=${text}`; }
