// The tape as a tree: a run of nodes recorded inside a call of a module is a group, and neighbours
// of one kind are gathered into a repeat. Flattened, it is the list of rows that is shown.

class Tree {
  /** `traceOf(entry)` is the trace whose scopes an entry's node speaks of. */
  constructor(entries, traceOf) {
    this.entries = entries;
    this.folded = new Set();
    this.groups = [];
    this.top = { kind: "group", id: -1, path: "", children: [], first: 0, last: entries.length };
    this.#build(traceOf);
    this.#gather(this.top);
    this.entryOfNode = new Map();
    entries.forEach((e, i) => { if (e.node) this.entryOfNode.set(e.node, i); });
    for (const group of this.groups) if (group.kind === "repeat") this.folded.add(group.id);
    this.flatten();
  }

  #build(traceOf) {
    const open = [this.top];
    this.entries.forEach((entry, index) => {
      const trace = traceOf(entry);
      const calls = [];
      for (let s = (entry.node ?? entry.before).scope; s > 0; s = trace.scopes[s].parent) {
        const { path, from } = trace.scopes[s];
        calls.unshift({ path, from, key: `${path} ${trace.placeText(from)}` });
      }
      let same = 0;
      while (same < calls.length && open[same + 1]?.key === calls[same].key) same++;
      // What comes as a call's first step once more is the next call of the same module.
      const step = same < calls.length ? calls[same].key : this.#step(entry);
      if (same > 0 && step && open[same].firstStep === step && open[same].last === index) same--;
      open.length = same + 1;
      for (const call of calls.slice(same)) {
        const parent = open.at(-1);
        const group = this.#group({ ...call, kind: "group", first: index, from: call.from, trace });
        const inside = parent.path && call.path.startsWith(`${parent.path}.`);
        group.name = inside ? call.path.slice(parent.path.length + 1) : call.path;
        parent.children.push(group);
        if (parent !== this.top) parent.firstStep ??= call.key;
        open.push(group);
      }
      if (open.at(-1) !== this.top) open.at(-1).firstStep ??= this.#step(entry);
      for (const group of open) group.last = index + 1;
      open.at(-1).children.push({ kind: "node", entry: index });
    });
  }

  /** An op and its line; leaves come with the first call only and do not count. */
  #step({ node, before }) {
    const { op, place } = node ?? before;
    return op ? `${op.name} ${place}` : undefined;
  }

  #group(fields) {
    const group = { id: this.groups.length, children: [], ...fields };
    this.groups.push(group);
    return group;
  }

  /** What a group is made of, by names without their numbers. Leaves do not count: they come and go. */
  #signature(item) {
    if (item.kind === "node") {
      const { node, before } = this.entries[item.entry];
      return (node ?? before).op?.name ?? "";
    }
    item.signature ??= `${item.name.replace(/\d+/g, "#")}(${
      item.children.map((c) => this.#signature(c)).filter(Boolean).join(" ")})`;
    return item.signature;
  }

  #gather(parent) {
    for (const child of parent.children) if (child.kind === "group") this.#gather(child);
    const kept = [];
    for (let i = 0; i < parent.children.length;) {
      const child = parent.children[i];
      let end = i + 1;
      while (child.kind === "group" && parent.children[end]?.kind === "group" &&
             this.#signature(child) === this.#signature(parent.children[end])) end++;
      if (end - i < 3) {
        kept.push(child);
      } else {
        const run = parent.children.slice(i, end);
        const repeat = this.#group({
          kind: "repeat", path: child.path, from: child.from, trace: child.trace, children: run,
          name: child.name === run.at(-1).name ? child.name : `${child.name} … ${run.at(-1).name}`, first: child.first, last: run.at(-1).last,
        });
        kept.push(repeat);
        i = end - 1;
      }
      i++;
    }
    parent.children = kept;
  }

  /** Lists the rows that are not hidden, and which row stands for each entry. */
  flatten() {
    this.version = (this.version ?? 0) + 1;
    this.rows = [];
    this.rowOf = new Int32Array(this.entries.length);
    const walk = (item, depth, position, siblings) => {
      const row = { kind: item.kind, depth, index: this.rows.length, position, siblings };
      this.rows.push(row);
      if (item.kind === "node") {
        row.entry = item.entry;
        row.key = `n${item.entry}`;
        this.rowOf[item.entry] = row.index;
        return;
      }
      row.group = item;
      row.key = `g${item.id}`;
      row.folded = this.folded.has(item.id);
      if (row.folded) {
        this.rowOf.fill(row.index, item.first, item.last);
      } else {
        item.children.forEach((c, i) => walk(c, depth + 1, i + 1, item.children.length));
      }
    };
    this.top.children.forEach((c, i) => walk(c, 0, i + 1, this.top.children.length));
    this.#link();
  }

  /** Arcs between rows: `uses` lead to operands, `users` back. */
  #link() {
    this.uses = this.rows.map(() => new Set());
    this.users = this.rows.map(() => new Set());
    this.entries.forEach((entry, i) => {
      if (!entry.node) return;
      for (const operand of entry.operands ?? []) {
        const from = this.rowOf[i], to = this.rowOf[operand];
        if (from === to) continue;
        this.uses[from].add(to);
        this.users[to].add(from);
      }
    });
  }

  toggle(group) {
    if (!this.folded.delete(group.id)) this.folded.add(group.id);
    this.flatten();
  }

  /** Whether no module shows what is inside. */
  get closed() {
    return this.top.children.every((c) => c.kind === "node" || this.folded.has(c.id));
  }

  foldAll(on) {
    this.folded = new Set(on ? this.groups.map((g) => g.id) : []);
    this.flatten();
  }

  /** Unfolds whatever hides an entry. */
  reveal(entry) {
    const hiding = this.groups.filter((g) =>
      g.first <= entry && entry < g.last && this.folded.has(g.id));
    if (hiding.length === 0) return;
    for (const group of hiding) this.folded.delete(group.id);
    this.flatten();
  }

  /** The entries that a row stands for: [first, last). */
  range(row) {
    return row.kind === "node" ? [row.entry, row.entry + 1] : [row.group.first, row.group.last];
  }
}
