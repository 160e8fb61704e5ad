// The list of rows. Only those in view are elements of the page, so that a long tape opens at once.

class RowList {
  /** `view` is the page's state, see page.js. */
  constructor(view) {
    this.view = view;
    this.list = document.getElementById("list");
    this.sheet = document.getElementById("rows");
    this.arcs = svg("svg", { class: "arcs", "aria-hidden": "true" });
    this.elements = new Map();  // by a row's key
    this.sheet.append(this.arcs);
    this.list.addEventListener("scroll", () => this.schedule());
    new ResizeObserver(() => this.schedule()).observe(this.list);
    this.list.addEventListener("click", (event) => this.#click(event));
  }

  get rowHeight() {
    return parseFloat(getComputedStyle(this.list).getPropertyValue("--row"));
  }

  schedule() {
    if (this.pending) return;
    this.pending = requestAnimationFrame(() => {
      this.pending = 0;
      this.render();
    });
  }

  #click(event) {
    // By place, not by target: rows come and go while the reverse pass plays.
    const top = this.sheet.getBoundingClientRect().top;
    const row = this.view.tree.rows[Math.floor((event.clientY - top) / this.rowHeight)];
    if (row) this.view.click(row);
  }

  /** Scrolls as little as is needed to show a row. */
  show(index) {
    const { list } = this, height = this.rowHeight, margin = 2 * height;
    this.#stretch(height);
    const top = index * height, inView = list.clientHeight - this.view.panel.covered;
    if (top < list.scrollTop + margin) list.scrollTop = top - margin;
    else if (top + height > list.scrollTop + inView - margin) {
      list.scrollTop = top + height - inView + margin;
    }
  }

  /** The panel may lie over the last rows: there is room below them then. */
  #stretch(height) {
    const { tree, panel } = this.view;
    this.sheet.style.height = `${tree.rows.length * height + panel.covered}px`;
  }

  render() {
    const { tree } = this.view, height = this.rowHeight;
    this.#stretch(height);
    const first = Math.max(0, Math.floor(this.list.scrollTop / height) - 4);
    const last = Math.min(tree.rows.length,
      Math.ceil((this.list.scrollTop + this.list.clientHeight) / height) + 4);
    const kept = new Map();
    for (let i = first; i < last; i++) {
      const row = tree.rows[i];
      const element = this.elements.get(row.key) ?? this.#make(row);
      element.style.transform = `translateY(${i * height}px)`;
      this.#update(element, row);
      kept.set(row.key, element);
    }
    for (const [key, element] of this.elements) if (!kept.has(key)) element.remove();
    for (const element of kept.values()) if (!element.parentNode) this.sheet.append(element);
    this.elements = kept;
    const selected = this.view.selectedRow;
    if (kept.has(selected?.key)) {
      this.list.setAttribute("aria-activedescendant", `row-${selected.key}`);
    } else {
      this.list.removeAttribute("aria-activedescendant");
    }
    this.#drawArcs(first, last, height);
    this.view.overview.draw();
  }

  #make(row) {
    const element = el("div", {
      id: `row-${row.key}`, class: `row ${row.kind === "node" ? "node" : "group"}`,
      role: "treeitem",
      "aria-level": row.depth + 1, "aria-posinset": row.position, "aria-setsize": row.siblings,
    });
    element.style.setProperty("--depth", row.depth);
    const { contents } = this.view;
    element.append(...(row.kind === "node" ? contents.nodeCells(row) : contents.groupCells(row)));
    return element;
  }

  #update(element, row) {
    const { view } = this;
    const selected = view.selectedRow === row;
    element.setAttribute("aria-selected", selected);
    if (row.kind !== "node") element.setAttribute("aria-expanded", !row.folded);
    element.classList.toggle("selected", selected);
    element.classList.toggle("current", view.rowAtWork === row);
    element.classList.toggle("match", view.search.matchesRow(row));
    const state = view.contents.state(row);
    if (element.dataset.state === state.key) return;
    element.dataset.state = state.key;
    element.querySelector(".dot").replaceChildren(...(state.mark ? [state.mark()] : []));
    element.querySelectorAll(".measure").forEach((cell, i) => cell.replaceChildren(state.texts[i]));
    element.classList.toggle("waiting", Boolean(state.waiting));
  }

  #drawArcs(first, last, height) {
    const { tree } = this.view;
    this.arcs.replaceChildren();
    const width = this.arcs.clientWidth;
    if (!width) return;
    this.arcs.style.height = this.sheet.style.height;
    const drawn = new Set();
    const draw = (user, operand, kind) => {
      const id = `${user} ${operand}`;
      if (drawn.has(id)) return;
      drawn.add(id);
      const from = (user + 0.5) * height, to = (operand + 0.5) * height;
      const reach = Math.min(width * 1.28, 9 + 11 * Math.log2(user - operand));
      const x = width - reach;
      const d = `M${width} ${from}C${x} ${from} ${x} ${to} ${width} ${to}`;
      this.arcs.append(svg("path", { class: `arc ${kind}`, d }));
    };
    const selected = this.view.selectedRow?.index, current = this.view.rowAtWork?.index;
    const receivers = this.view.receivers.filter((row) => row !== current);
    const kMost = 60;  // of one node: a parameter may be used thousands of times
    // What stands out is drawn first: an arc that was drawn is not drawn again.
    for (const to of receivers) draw(current, to, "sending");
    if (selected !== undefined) {
      for (const to of tree.uses[selected]) draw(selected, to, "operand");
      for (const user of [...tree.users[selected]].slice(0, kMost)) draw(user, selected, "user");
    }
    for (let i = first; i < last; i++) {
      for (const to of [...tree.uses[i]].slice(-kMost)) draw(i, to, "");
      for (const user of [...tree.users[i]].slice(0, 12)) if (user >= last) draw(user, i, "");
    }
  }
}
