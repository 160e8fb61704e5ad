"use strict";

// The trace, as docs/reference/trace.md describes it, with what can be looked up in it.

/** NaN and infinities are texts in JSON. */
function toNumber(v) {
  if (typeof v !== "string") return v;
  return v === "nan" ? NaN : v === "inf" ? Infinity : -Infinity;
}

/** How far a gradient has come. None is not zero: nothing has arrived yet. */
const Arrival = { constant: "constant", none: "none", partial: "partial", complete: "complete" };

class Trace {
  constructor(json) {
    this.title = json.title;
    this.root = json.root;
    this.files = json.files;
    this.scopes = json.scopes;
    this.sources = json.sources;
    this.order = json.order;
    this.nodes = json.nodes.map((n, index) => this.#node(n, index, json.ops));
    for (const node of this.nodes) {
      for (const input of node.inputs) this.nodes[input].users.push(node.index);
      for (const part of node.contributions) {
        this.nodes[part.from].sent.push({ to: node.index, part });
      }
    }
    // When each node's backward function runs; a leaf has none.
    json.order.forEach((index, turn) => { this.nodes[index].turn = turn; });
  }

  #node(n, index, ops) {
    const op = n.op === undefined ? null : ops[n.op];
    const size = n.shape.reduce((a, b) => a * b, 1);
    return {
      index, op, size,
      inputs: n.inputs ?? [],
      users: [],
      scope: n.scope ?? 0,
      place: n.place ?? null,
      label: n.label ?? "",
      parameter: n.parameter ?? "",
      dtype: n.dtype,
      shape: n.shape,
      needsGrad: n.needs_grad ?? false,
      attributes: n.attributes ?? [],
      wrong: n.wrong ?? "",
      value: this.#tensor(n.value, n.shape, size),
      gradient: this.#tensor(n.gradient, n.shape, size),
      contributions: (n.contributions ?? []).map(([from, operand, norm, sum, notFinite]) => ({
        from, operand, norm: toNumber(norm), sum: toNumber(sum), notFinite,
      })),
      sent: [],
      turn: -1,
      what: op?.name || n.parameter || n.label || (n.needs_grad ? "watched" : "constant"),
    };
  }

  #tensor(t, shape, size) {
    if (!t) return null;
    return {
      shape, size,
      min: toNumber(t.min), mean: toNumber(t.mean), max: toNumber(t.max), norm: toNumber(t.norm),
      zeros: t.zeros ?? 0,
      notFinite: t.not_finite ?? 0,
      firstNotFinite: t.first_not_finite ?? -1,
      histogram: t.histogram ?? null,
      heatMap: t.heat_map ?? null,
      values: t.values ? t.values.map(toNumber) : null,
    };
  }

  /** "17 softplus", "3 fc1.weight": the whole path of a parameter is long. */
  name(index) { return `${index} ${this.nodes[index].what.split(".").slice(-2).join(".")}`; }

  /** The calls around a node, the innermost first. */
  callsOf(node) {
    const calls = [];
    for (let s = node.scope; s > 0; s = this.scopes[s].parent) calls.push(this.scopes[s].from);
    return calls;
  }

  /** The line of the program that leads to a node: its own, or the first around it not in the library. */
  ownPlace(node) {
    const own = (place) => place?.[1] && !/^(autograd|nn|prob|vae)\//.test(this.files[place[0]]);
    return [node.place, ...this.callsOf(node)].find(own) ?? node.place;
  }

  /**
   * Nodes where numbers that are not finite come from: the value is not finite though those of the
   * operands are, or the gradient is finite and what the node sends is not.
   */
  births() {
    const bad = (t) => (t?.notFinite ?? 0) > 0;
    return this.nodes.filter((n) =>
      (bad(n.value) && !n.inputs.some((i) => bad(this.nodes[i].value))) ||
      (!bad(n.gradient) && n.sent.some(({ part }) => part.notFinite > 0)));
  }

  placeText(place) { return place && place[1] ? `${this.files[place[0]]}:${place[1]}` : ""; }

  scopePath(node) { return this.scopes[node.scope].path; }

  operandName(node, operand) {
    const names = node.op.operands;
    return names[operand] ?? (names.length === 1 ? `${names[0]}${operand}` : `operand ${operand}`);
  }

  /** Lines around a place: [{number, text}], none where the source could not be read. */
  excerpt(place, around) {
    if (!place) return [];
    const [file, line] = place;
    const source = this.sources.find((s) =>
      s.file === file && s.first <= line && line < s.first + s.lines.length);
    if (!source) return [];
    const first = Math.max(source.first, line - around);
    return source.lines.slice(first - source.first, line + around + 1 - source.first)
      .map((text, i) => ({ number: first + i, text }));
  }

  /** Contributions that have arrived when `position` nodes have run. */
  arrived(node, position) {
    let count = 0;
    while (count < node.contributions.length &&
           this.nodes[node.contributions[count].from].turn < position) count++;
    return count;
  }

  arrival(node, position) {
    if (!node.needsGrad) return Arrival.constant;
    if (node.index === this.root) return Arrival.complete;
    const count = this.arrived(node, position);
    if (count === 0) return Arrival.none;
    return count === node.contributions.length ? Arrival.complete : Arrival.partial;
  }

  /** The norm of the gradient so far; undefined where nothing has arrived. */
  norm(node, position) {
    switch (this.arrival(node, position)) {
      case Arrival.complete: return node.gradient.norm;
      case Arrival.partial: return node.contributions[this.arrived(node, position) - 1].sum;
      default: return undefined;
    }
  }

  /** Whether something that is not finite has arrived. */
  broken(node, position) {
    const state = this.arrival(node, position);
    if (state === Arrival.complete) return node.gradient.notFinite > 0;
    return node.contributions.slice(0, this.arrived(node, position)).some((c) => c.notFinite > 0);
  }

  /** The position at which the node's gradient is complete. */
  completeAt(node) {
    const last = node.contributions.at(-1);
    return last ? this.nodes[last.from].turn + 1 : 0;
  }
}
