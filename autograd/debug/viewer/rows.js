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
    this.sheet.style.height = `${this.view.tree.rows.length * height}px`;
    const top = index * height, inView = list.clientHeight - this.view.panel.covered;
    if (top < list.scrollTop + margin) list.scrollTop = top - margin;
    else if (top + height > list.scrollTop + inView - margin) {
      list.scrollTop = top + height - inView + margin;
    }
  }

  render() {
    const { tree } = this.view, height = this.rowHeight;
    this.sheet.style.height = `${tree.rows.length * height}px`;
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
    if (kept.has(selected?.key)) this.list.setAttribute("aria-activedescendant", `row-${selected.key}`);
    else this.list.removeAttribute("aria-activedescendant");
    this.#drawArcs(first, last, height);
    this.view.overview.draw();
  }

  #make(row) {
    const element = el("div", {
      class: `row ${row.kind === "node" ? "node" : "group"}`, role: "treeitem", id: `row-${row.key}`,
      "aria-level": row.depth + 1, "aria-posinset": row.position, "aria-setsize": row.siblings,
    });
    element.style.setProperty("--depth", row.depth);
    const cells = row.kind === "node" ? this.view.nodeCells(row) : this.view.groupCells(row);
    element.append(...cells);
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
    const state = view.rowState(row);
    if (element.dataset.state !== state.key) {
      element.dataset.state = state.key;
      element.querySelector(".dot").replaceChildren(...(state.mark ? [state.mark()] : []));
      for (const [name, text] of Object.entries(state.cells)) {
        element.querySelector(`.${name}`).replaceChildren(text);
      }
      element.classList.toggle("waiting", state.waiting);
    }
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
      this.arcs.append(svg("path", { class: `arc ${kind}`, d: `M${width} ${from}C${x} ${from} ${x} ${to} ${width} ${to}` }));
    };
    const selected = this.view.selectedRow?.index, current = this.view.rowAtWork?.index;
    const kMost = 60;  // of one node: a parameter may be used thousands of times
    // What stands out is drawn first: an arc that was drawn is not drawn again.
    if (current !== undefined) for (const to of tree.uses[current]) draw(current, to, "sending");
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

/** The whole tape as a strip of colours; also a scroll bar. */
class Overview {
  constructor(view) {
    this.view = view;
    this.canvas = document.getElementById("overview");
    const jump = (event) => {
      const list = view.rowList.list, box = this.canvas.getBoundingClientRect();
      const share = (event.clientY - box.top) / box.height;
      list.scrollTop = share * list.scrollHeight - list.clientHeight / 2;
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      jump(event);
    });
    this.canvas.addEventListener("pointermove", (event) => { if (event.buttons) jump(event); });
  }

  draw() {
    const { canvas, view } = this, { list } = view.rowList;
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth * ratio, height = canvas.clientHeight * ratio;
    if (!width || !view.tree.rows.length) return;
    const each = Math.min(height / view.tree.rows.length, view.rowList.rowHeight * ratio);
    const key = [width, height, view.position, view.tree.version, view.search.version, view.dark].join();
    if (key !== this.key) {
      this.key = key;
      this.strip = this.#drawStrip(width, height, each, ratio);
    }
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d"), style = getComputedStyle(canvas);
    context.drawImage(this.strip, 0, 0);
    const current = view.rowAtWork;
    if (current) {
      context.fillStyle = style.getPropertyValue("--accent");
      context.fillRect(0, current.index * each, width * 0.2, Math.max(each, 3 * ratio));
    }
    if (list.scrollHeight > list.clientHeight + 1) {
      const total = view.tree.rows.length * each;
      const top = list.scrollTop / list.scrollHeight * total;
      const tall = Math.max(list.clientHeight / list.scrollHeight * total, 8 * ratio);
      context.strokeStyle = style.getPropertyValue("--soft");
      context.lineWidth = ratio;
      context.strokeRect(ratio / 2, top + ratio / 2, width - ratio, tall - ratio);
    }
  }

  /** Every row, so that nothing that went wrong is too small to be seen. Kept until something changes. */
  #drawStrip(width, height, each, ratio) {
    const { view } = this;
    const strip = el("canvas", { width, height });
    const context = strip.getContext("2d"), style = getComputedStyle(this.canvas);
    const broken = [], matches = [];
    for (const row of view.tree.rows) {
      const state = view.rowState(row);
      if (state.broken) broken.push(row);
      if (view.search.matchesRow(row)) matches.push(row);
      if (!state.colour) continue;
      context.fillStyle = state.colour;
      context.fillRect(width * 0.25, row.index * each, width * 0.5, Math.max(each - (each > 4 ? ratio : 0), 1));
    }
    const bars = (rows, colour, left, right) => {
      context.fillStyle = style.getPropertyValue(colour);
      for (const row of rows) {
        context.fillRect(width * left, row.index * each, width * (right - left), Math.max(each - ratio, 2 * ratio));
      }
    };
    bars(broken, "--broken", 0.25, 0.75);
    bars(matches, "--match", 0.8, 1);
    return strip;
  }
}
