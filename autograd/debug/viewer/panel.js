// What is known of the selected row.

class Panel {
  constructor(view) {
    this.view = view;
    this.element = document.getElementById("panel");
  }

  /** How much of the list it hides, in pixels: on narrow screens it is a sheet over it. */
  get covered() {
    const over = getComputedStyle(this.element).position === "absolute";
    return over && document.body.classList.contains("panel-open") ? this.element.offsetHeight : 0;
  }

  /** Builds the panel anew when the selection, or what has arrived at it, changed. */
  render() {
    const row = this.view.selectedRow, key = row ? this.#key(row) : "";
    if (key === this.key) return;
    const scroll = row?.key === this.rowKey ? this.element.scrollTop : 0;
    this.key = key;
    this.rowKey = row?.key;
    this.element.replaceChildren(...(row ? this.#content(row) : this.#hint()));
    this.element.scrollTop = scroll;
  }

  #key(row) {
    const { trace, position, entries } = this.view;
    if (row.kind !== "node") return `${row.key} ${row.folded} ${position}`;
    const { node } = entries[row.entry];
    if (!node) return row.key;
    return [row.key, trace.arrived(node, position), Math.sign(node.turn - position)].join(" ");
  }

  #hint() {
    return [el("div", { class: "hint" },
      el("p", {}, "Select a row to see its formula, its source line and its numbers."),
      el("p", {}, "Move the slider below, or press ", el("kbd", {}, "→"),
        ", to follow the reverse pass."))];
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
    const nodes = view.entries.slice(group.first, group.last).map((e) => e.node).filter(Boolean);
    const size = plural(group.last - group.first, "node");
    const parts = [
      el("h2", {}, group.kind === "repeat" ? group.name : group.path),
      el("p", { class: "kind" }, group.kind === "repeat"
        ? `${formatCount(group.children.length)} calls of one kind, ${size}` : `module, ${size}`),
      el("p", { class: "actions" }, el("button", {
        type: "button", onclick: () => view.toggle(row),
      }, row.folded ? "Unfold" : "Fold")),
    ];
    const broken = nodes.filter((n) => view.trace.broken(n, view.position));
    if (broken.length) {
      parts.push(el("p", { class: "state broken" }, el("span", {},
        `${plural(broken.length, "gradient")} inside not finite, first `,
        this.#link(broken.at(-1).index))));
    }
    const parameters = nodes.filter((n) => n.parameter);
    if (parameters.length) {
      const ratio = (n) => (n.value?.norm > 0 && n.gradient
        ? formatNumber(n.gradient.norm / n.value.norm) : "");
      const rows = parameters.map((n) => [this.#link(n.index, n.parameter), formatShape(n.shape),
        quantity(view.contents.normText(view.gradientState(n))), quantity(ratio(n))]);
      parts.push(section("Parameters",
        table(["parameter", "shape", "|gradient|", "/ |value|"], rows)));
    }
    return [...parts, ...this.#source("Called from", group.from, group.trace)];
  }

  // A node --------------------------------------------------------------------------------------

  #node(row) {
    const entry = this.view.entries[row.entry], { node } = entry;
    const shown = node ?? entry.before, trace = this.view.traceOf(entry);
    const parts = [this.#heading(shown, trace)];
    if (this.view.before && !(node && entry.before)) {
      parts.push(el("p", { class: "state" }, `only in “${trace.title}”`));
    }
    if (shown.wrong) {
      parts.push(el("p", { class: "state broken" }, el("strong", {}, "Wrong gradient")),
        el("pre", { class: "source verdict" }, shown.wrong));
    }
    if (shown.op) parts.push(this.#formulas(shown));
    if (node) parts.push(this.#state(node));
    if (node?.op) parts.push(this.#operands(node));
    if (node?.contributions.length) parts.push(this.#contributions(node));
    parts.push(...this.#tensors(entry));
    const own = trace.ownPlace(shown), { from } = trace.scopes[shown.scope];
    if (own !== shown.place) parts.push(...this.#source("Line of the program", own, trace));
    parts.push(...this.#source(shown.op ? "Recorded at" : "First used at", shown.place, trace));
    if (from === own) return parts;
    return [...parts, ...this.#source("In the module called from", from, trace)];
  }

  #heading(node, trace) {
    const path = trace.scopePath(node);
    const kind = node.op ? "" : node.parameter ? ", parameter"
      : node.needsGrad ? ", watched" : ", constant";
    return el("div", { class: "node-heading" },
      el("p", { class: "kind" }, `node ${node.index}${kind}${path ? ` in ${path}` : ""}`),
      el("h2", {}, node.what,
        node.label && node.op ? el("span", { class: "label" }, node.label) : null),
      el("p", { class: "shape" }, `${node.dtype} ${formatShape(node.shape)}`,
        node.size === 1 ? "" : ` · ${plural(node.size, "element")}`));
  }

  #formulas({ op, attributes }) {
    // "da += dy, db += -dy": an equation a line.
    const equations = (text) =>
      text.split(/[,;] (?=\w+ [+-]?= )/).map((line) => el("code", {}, line));
    return el("dl", { class: "formulas" },
      el("dt", {}, "value"), el("dd", {}, ...equations(op.formula)),
      el("dt", {}, "gradient"), el("dd", {}, ...equations(op.gradient)),
      ...(attributes.length ? [el("dt", {}, "with"),
        el("dd", {}, ...attributes.map((a) => el("code", {}, attributeText(a))))] : []));
  }

  /** How far the gradient has come, in a sentence. */
  #state(node) {
    const mark = gradientMark(this.view.gradientState(node), this.view.normScale);
    return el("p", { class: "state" }, mark, el("span", {}, ...this.#sentence(node)));
  }

  #sentence(node) {
    const { trace, position } = this.view, { gradient } = node;
    const all = node.contributions.length, arrived = trace.arrived(node, position);
    const completeAt = trace.completeAt(node);
    const later = this.#jump(completeAt, `Complete after ${plural(completeAt, "step")}`);
    switch (trace.arrival(node, position)) {
      case Arrival.constant: return ["A constant: no gradient is wanted."];
      case Arrival.none:
        if (all) return ["No gradient yet. ", later];
        return ["No gradient: no way leads here from the loss."];
      case Arrival.partial: {
        const norm = formatNumber(trace.norm(node, position));
        return [`${arrived} of ${all} contributions so far, norm ${norm}. `, later];
      }
      default: return [...this.#completeText(node, gradient), this.#turn(node, position)];
    }
  }

  #completeText(node, gradient) {
    if (gradient.notFinite) {
      return ["Gradient complete, but ",
        el("strong", { class: "broken" }, notFiniteText(gradient)), ". "];
    }
    if (node.index === this.view.trace.root) return ["The reverse pass begins here. "];
    const text = [`Gradient complete, norm ${formatNumber(gradient.norm)}`];
    if (node.parameter && node.value?.norm > 0) {
      text.push(`, ${formatNumber(gradient.norm / node.value.norm)} of the value's`);
    }
    return [...text, ". "];
  }

  #turn(node, position) {
    if (node.turn < 0) return "";
    if (node.turn === position) return el("strong", {}, "Its turn: it sends to its operands now.");
    const verb = node.turn < position ? "It ran at" : "Its turn comes at";
    return this.#jump(node.turn, `${verb} step ${node.turn + 1}`);
  }

  #operands(node) {
    const { trace, position } = this.view;
    const ran = 0 <= node.turn && node.turn < position;
    const amount = (sent, target) => {
      if (!sent) return target.needsGrad ? "nothing" : "";
      return sent.part.notFinite ? "not finite" : formatNumber(sent.part.norm);
    };
    const rows = node.inputs.map((input, i) => {
      const sent = node.sent.find((s) => s.to === input && s.part.operand === i);
      const target = trace.nodes[input];
      const style = `${ran ? "" : "to-come"} ${sent?.part.notFinite ? "broken" : ""}`;
      return [el("code", {}, trace.operandName(node, i)), this.#link(input),
        formatShape(target.shape), quantity(amount(sent, target), style)];
    });
    return section("Operands", table(["", "node", "shape", ran ? "|sent|" : "|will send|"], rows));
  }

  #contributions(node) {
    const { trace, position } = this.view, parts = node.contributions;
    const most = parts.reduce((a, c) => (Number.isFinite(c.norm) ? Math.max(a, c.norm) : a), 0);
    const arrived = trace.arrived(node, position);
    const rows = parts.map((c, i) => {
      const bar = el("span", { class: "bar" });
      bar.style.setProperty("--share", most > 0 && Number.isFinite(c.norm) ? c.norm / most : 0);
      const norm = !c.notFinite ? quantity(formatNumber(c.norm))
        : quantity(`${formatCount(c.notFinite)} not finite`, "broken");
      const operand = el("code", {}, trace.operandName(trace.nodes[c.from], c.operand));
      return Object.assign([this.#link(c.from), operand, bar, norm], { waiting: i >= arrived });
    });
    const content = [table(["from", "as its", "", "norm"], rows)];
    if (parts.length === 1) return section("Gradient from", ...content);
    if (arrived === parts.length && !node.gradient.notFinite) {
      const sum = node.gradient.norm, total = parts.reduce((a, c) => a + c.norm, 0);
      content.push(el("p", { class: "note" }, `Their sum has the norm ${formatNumber(sum)}`,
        sum < 0.5 * total ? ": they cancel in part." : "."));
    }
    return section("Gradient, summed from", ...content);
  }

  #tensors({ node, before }) {
    const { trace, position } = this.view, pair = Boolean(this.view.before);
    const ready = !node || trace.arrival(node, position) === Arrival.complete;
    const tensors = (name) => (pair ? [before?.[name], node?.[name]] : [node[name]]);
    const parts = [tensorSection("Value", tensors("value"), this.view.dark)];
    if (ready && tensors("gradient").some(Boolean)) {
      parts.push(tensorSection("Gradient", tensors("gradient"), this.view.dark));
    }
    return parts;
  }

  // Pieces --------------------------------------------------------------------------------------

  #link(index, text) {
    return el("button", {
      type: "button", class: "link", onclick: () => this.view.selectNode(index),
    }, text ?? this.view.trace.name(index));
  }

  #jump(position, text) {
    return el("button", {
      type: "button", class: "link", onclick: () => this.view.moveTo(position),
    }, text);
  }

  #source(title, place, trace) {
    const text = trace.placeText(place);
    if (!text) return [];
    const parts = [el("p", { class: "place" }, text)];
    const lines = trace.excerpt(place, 3);
    if (lines.length) {
      const written = lines.filter((l) => l.text.trim());
      const indent = Math.min(...written.map((l) => l.text.search(/\S/)));
      parts.push(el("pre", { class: "source", tabindex: "0", "aria-label": text },
        ...lines.map((l) => el("span", {
          class: l.number === place[1] ? "line here" : "line", "data-number": l.number,
        }, `${l.text.slice(indent)}\n`))));
    }
    return [section(title, ...parts)];
  }
}

function section(title, ...content) {
  return el("section", {}, el("h3", {}, title), ...content);
}

/** Cells are texts, elements or what `quantity` makes; the last column is one of numbers. */
function table(heads, rows) {
  const result = el("table", {}, el("tr", {}, ...heads.map((head, i) =>
    el("th", { scope: "col", class: i === heads.length - 1 ? "number" : "" }, head))));
  for (const cells of rows) {
    result.append(el("tr", { class: cells.waiting ? "to-come" : "" }, ...cells.map((cell) =>
      (cell instanceof HTMLTableCellElement ? cell : el("td", {}, cell)))));
  }
  return result;
}

function quantity(text, style = "") { return el("td", { class: `number ${style}` }, text); }
