// What is known of the selected row.

class Panel {
  constructor(view) {
    this.view = view;
    this.element = document.getElementById("panel");
  }

  /** How much of the list it hides, in pixels: it is a sheet over it on narrow screens. */
  get covered() {
    const over = getComputedStyle(this.element).position === "absolute" && document.body.classList.contains("panel-open");
    return over ? this.element.offsetHeight : 0;
  }

  /** Builds the panel when the selection, or what has arrived at it, changed. */
  render() {
    const { view } = this, row = view.selectedRow;
    const key = row ? `${row.key} ${row.folded} ${row.kind === "node" ? this.#arrivalKey(row) : view.position}` : "";
    if (key === this.key) return;
    const sameNode = row?.key === this.rowKey;
    const { scrollTop } = this.element;
    this.key = key;
    this.rowKey = row?.key;
    this.element.replaceChildren(...(row ? this.#content(row) : this.#empty()));
    if (sameNode) this.element.scrollTop = scrollTop;
    else this.element.scrollTop = 0;
  }

  #arrivalKey(row) {
    const { node } = this.view.entries[row.entry];
    if (!node) return "";
    const senders = node.sent.length && this.view.trace.order[this.view.position] === node.index;
    return `${this.view.trace.arrived(node, this.view.position)} ${senders} ${node.turn < this.view.position}`;
  }

  #empty() {
    return [el("div", { class: "hint" },
      el("p", {}, "Select a row to see its formula, its source line and its numbers."),
      el("p", {}, "Move the slider below, or press ", el("kbd", {}, "→"), ", to follow the reverse pass."))];
  }

  #content(row) {
    const close = el("button", {
      class: "close", type: "button", "aria-label": "Close", title: "Close (Esc)",
      onclick: () => this.view.closePanel(),
    }, "✕");
    return [close, ...(row.kind === "node" ? this.#node(row) : this.#group(row))];
  }

  // A module ------------------------------------------------------------------------------------

  #group(row) {
    const { view } = this, { group } = row;
    const entries = view.entries.slice(group.first, group.last);
    const nodes = entries.map((e) => e.node).filter(Boolean);
    const parameters = nodes.filter((n) => n.parameter);
    const parts = [
      el("h2", {}, group.path || group.name),
      el("p", { class: "kind" }, group.kind === "repeat"
        ? `${group.children.length} calls of one kind, ${plural(entries.length, "node")}`
        : `module, ${plural(entries.length, "node")}`),
      el("p", { class: "actions" }, el("button", { type: "button", onclick: () => view.toggle(row) },
        row.folded ? "Unfold" : "Fold")),
    ];
    const worst = nodes.filter((n) => view.trace.broken(n, view.position));
    if (worst.length) {
      parts.push(el("p", { class: "state broken" }, `${plural(worst.length, "gradient")} inside not finite, the first to go wrong at `,
        this.#link(worst.at(-1).index)));
    }
    if (parameters.length) {
      parts.push(this.#section("Parameters", this.#table(["parameter", "shape", "|gradient|"], parameters.map((n) => [
        this.#link(n.index, n.parameter), formatShape(n.shape), quantity(view.normText(n)),
      ]))));
    }
    parts.push(...this.#source("Called from", group.from, group.trace));
    return parts;
  }

  // A node --------------------------------------------------------------------------------------

  #node(row) {
    const entry = this.view.entries[row.entry];
    const node = entry.node ?? entry.before, trace = this.view.traceOf(entry);
    const parts = [this.#heading(node, trace)];
    if (!entry.node) parts.push(el("p", { class: "state" }, `only in “${trace.title}”`));
    else if (this.view.before && !entry.before) parts.push(el("p", { class: "state" }, `only in “${trace.title}”`));
    if (node.op) parts.push(this.#formulas(node));
    if (entry.node) parts.push(this.#state(node));
    if (node.op && entry.node) parts.push(this.#operands(node));
    if (entry.node) parts.push(...this.#contributions(node));
    parts.push(...this.#tensors(entry));
    const { from } = trace.scopes[node.scope];
    parts.push(...this.#source(node.op ? "Recorded at" : "First used at", node.place, trace));
    if (node.scope) parts.push(...this.#source("In the module called from", from, trace));
    return parts;
  }

  #heading(node, trace) {
    const path = trace.scopePath(node);
    const kind = node.op ? `node ${node.index}` : node.parameter ? `node ${node.index}, parameter`
      : `node ${node.index}, ${node.needsGrad ? "watched" : "constant"}`;
    return el("div", { class: "node-heading" },
      el("p", { class: "kind" }, kind, path ? ` in ${path}` : ""),
      el("h2", {}, node.what, node.label && node.op ? el("span", { class: "label" }, node.label) : null),
      el("p", { class: "shape" }, `${node.dtype} ${formatShape(node.shape)}`,
        node.size > 1 ? ` · ${plural(node.size, "element")}` : ""));
  }

  #formulas(node) {
    // "da += dy, db += -dy": an equation a line.
    const equations = (text) => text.split(/[,;] (?=\w+ [+-]?= )/).map((line) => el("code", {}, line));
    return el("dl", { class: "formulas" },
      el("dt", {}, "value"), el("dd", {}, ...equations(node.op.formula)),
      el("dt", {}, "gradient"), el("dd", {}, ...equations(node.op.gradient)));
  }

  /** One sentence: how far the gradient has come. */
  #state(node) {
    const { view } = this, { trace, position } = view;
    const state = trace.arrival(node, position);
    const arrived = trace.arrived(node, position), all = node.contributions.length;
    const mark = gradientMark(view.gradientState(node), view.normScale);
    const jump = (at, text) => el("button", { type: "button", class: "link", onclick: () => view.moveTo(at) }, text);
    const parts = [];
    if (state === Arrival.constant) parts.push("A constant: no gradient is wanted.");
    else if (state === Arrival.none && all === 0) parts.push("No gradient: no way leads from the loss to here.");
    else if (state === Arrival.none) {
      parts.push("No gradient yet. ", jump(trace.completeAt(node), `Complete after ${plural(trace.completeAt(node), "step")}`));
    } else if (state === Arrival.partial) {
      parts.push(`${arrived} of ${all} contributions so far, norm ${formatNumber(trace.norm(node, position))}. `,
        jump(trace.completeAt(node), `Complete after ${plural(trace.completeAt(node), "step")}`));
    } else {
      const { gradient } = node;
      parts.push(node.index === trace.root ? "The reverse pass begins here. " : "Gradient complete");
      if (gradient.notFinite) {
        parts.push(", but ", el("strong", { class: "broken" }, `${formatCount(gradient.notFinite)} of ${formatCount(gradient.size)} not finite, first ${formatIndex(node.shape, gradient.firstNotFinite)}`), ". ");
      } else if (node.index !== trace.root) {
        parts.push(`, norm ${formatNumber(gradient.norm)}. `);
      }
      if (trace.order[position] === node.index) parts.push(el("strong", {}, "Its turn: it sends to its operands now."));
      else if (node.turn >= position) parts.push(jump(node.turn, `Its turn comes at step ${node.turn + 1}`));
      else if (node.turn >= 0) parts.push(jump(node.turn, `It ran at step ${node.turn + 1}`));
    }
    return el("p", { class: "state" }, mark, el("span", {}, ...parts));
  }

  #operands(node) {
    const { trace, position } = this.view;
    const ran = node.turn >= 0 && node.turn < position;
    const rows = node.inputs.map((input, i) => {
      const sent = node.sent.find((s) => s.to === input && s.part.operand === i);
      const target = trace.nodes[input];
      const amount = !sent ? (target.needsGrad ? "nothing" : "") : sent.part.notFinite ? "not finite" : formatNumber(sent.part.norm);
      const style = `${ran ? "" : "to-come"} ${sent?.part.notFinite ? "broken" : ""}`;
      return [el("code", {}, trace.operandName(node, i)), this.#link(input), formatShape(target.shape), quantity(amount, style)];
    });
    return this.#section("Operands", this.#table(["", "node", "shape", ran ? "|sent|" : "|will send|"], rows));
  }

  #contributions(node) {
    const { trace, position } = this.view;
    if (!node.contributions.length) return [];
    const arrived = trace.arrived(node, position);
    const most = Math.max(...node.contributions.map((c) => c.norm).filter(Number.isFinite), 0);
    const rows = node.contributions.map((c, i) => {
      const bar = el("span", { class: "bar" });
      bar.style.setProperty("--share", most > 0 && Number.isFinite(c.norm) ? c.norm / most : 0);
      const row = [this.#link(c.from), el("code", {}, trace.operandName(trace.nodes[c.from], c.operand)),
        bar, c.notFinite ? quantity(`${formatCount(c.notFinite)} not finite`, "broken") : quantity(formatNumber(c.norm))];
      row.waiting = i >= arrived;
      return row;
    });
    const parts = [this.#table(["from", "as its", "", "norm"], rows)];
    if (node.contributions.length > 1 && arrived === node.contributions.length) {
      const total = node.contributions.reduce((sum, c) => sum + c.norm, 0);
      const sum = node.gradient.norm;
      parts.push(el("p", { class: "note" }, `Their sum has the norm ${formatNumber(sum)}`,
        sum < 0.5 * total && !node.gradient.notFinite ? ": they cancel in part." : "."));
    }
    return [this.#section(node.contributions.length > 1 ? "Gradient, summed from" : "Gradient from", ...parts)];
  }

  #tensors(entry) {
    const { trace, position } = this.view;
    const { node, before } = entry;
    const parts = [this.#tensor("Value", before?.value, node?.value, "The value was not kept: no gradient asks for it. Tape tape({.keep = Keep::all}) keeps every value.")];
    const ready = node ? trace.arrival(node, position) === Arrival.complete : true;
    const main = ready ? node?.gradient : null;
    if (ready && (main || before?.gradient)) parts.push(this.#tensor("Gradient", before?.gradient, main, "none"));
    return parts;
  }

  /** Statistics and pictures of a tensor; of two in a comparison. */
  #tensor(title, before, now, missing) {
    const compared = Boolean(this.view.before);
    const tensors = compared ? [before, now] : [now];
    if (!tensors.some(Boolean)) return this.#section(title, el("p", { class: "note" }, missing));
    const parts = [this.#statistics(tensors, compared)];
    const change = compared ? relativeChange(before, now) : undefined;
    if (change !== undefined) {
      parts.push(el("p", { class: "note" }, change === 0 ? "No difference." : `Relative difference ${formatNumber(change)}.`));
    }
    tensors.forEach((t, i) => {
      if (!t || t.size < 2) return;
      if (compared) parts.push(el("p", { class: "which" }, i === 0 ? "before" : "after"));
      if (t.histogram) parts.push(histogramPicture(t.histogram));
      if (t.heatMap) parts.push(heatMapPicture(t.heatMap, t.shape, this.view.dark));
      if (t.values) parts.push(valueTable(t));
    });
    return this.#section(title, ...parts);
  }

  #statistics(tensors, compared) {
    const some = (test) => tensors.some((t) => t && test(t));
    const columns = some((t) => t.size > 1)
      ? [["min", (t) => formatNumber(t.min)], ["mean", (t) => formatNumber(t.mean)],
        ["max", (t) => formatNumber(t.max)], ["norm", (t) => formatNumber(t.norm)]]
      : [["number", (t) => formatNumber(t.notFinite ? (t.values?.[0] ?? NaN) : t.mean)]];
    const table = el("table", { class: compared ? "stats pair" : "stats" });
    table.append(el("tr", {}, ...(compared ? [el("td")] : []), ...columns.map(([name]) => el("th", { scope: "col" }, name))));
    tensors.forEach((t, i) => table.append(el("tr", {},
      ...(compared ? [el("th", { scope: "row" }, i === 0 ? "before" : "after")] : []),
      ...columns.map(([name, text]) => el("td", { "data-statistic": name }, t ? text(t) : "")))));
    const notes = tensors.flatMap((t, i) => {
      if (!t) return [];
      const which = compared ? (i === 0 ? "before: " : "after: ") : "";
      const of = (count) => (count === t.size ? "all" : `${formatCount(count)} of ${formatCount(t.size)}`);
      const list = [];
      if (t.notFinite) list.push(el("p", { class: "note broken" }, `${which}${of(t.notFinite)} not finite, first ${formatIndex(t.shape, t.firstNotFinite)}`));
      if (t.zeros && t.size > 1) list.push(el("p", { class: "note" }, `${which}${of(t.zeros)} ${t.zeros === 1 ? "is" : "are"} 0`));
      return list;
    });
    return el("div", {}, table, ...notes);
  }

  // Pieces --------------------------------------------------------------------------------------

  #section(title, ...content) { return el("section", {}, el("h3", {}, title), ...content); }

  #link(index, text) {
    return el("button", { type: "button", class: "link", onclick: () => this.view.selectNode(index) },
      text ?? this.view.trace.name(index));
  }

  /** Cells are texts, elements or, for numbers, what `quantity` makes; the last column is one of numbers. */
  #table(heads, rows) {
    const last = heads.length - 1;
    const table = el("table", {}, el("tr", {}, ...heads.map((h, i) =>
      el("th", { scope: "col", class: i === last ? "number" : "" }, h))));
    for (const cells of rows) {
      table.append(el("tr", { class: cells.waiting ? "to-come" : "" }, ...cells.map((cell) =>
        (cell instanceof HTMLTableCellElement ? cell : el("td", {}, cell)))));
    }
    return table;
  }

  #source(title, place, trace) {
    const text = trace?.placeText(place);
    if (!text) return [];
    const lines = trace.excerpt(place, 3);
    const indent = Math.min(...lines.filter((l) => l.text.trim()).map((l) => l.text.search(/\S/)));
    const code = lines.length === 0 ? null : el("pre", { class: "source", tabindex: "0" }, ...lines.map((l) =>
      el("span", { class: l.number === place[1] ? "line here" : "line", "data-number": l.number },
        `${l.text.slice(indent)}\n`)));
    return [this.#section(title, el("p", { class: "place" }, text), code)];
  }
}

function quantity(text, style = "") { return el("td", { class: `number ${style}` }, text); }
