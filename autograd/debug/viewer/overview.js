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
    const { tree, search, position, dark } = view;
    const key = [width, height, position, tree.version, search.version, dark].join();
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

  /** Every row, so that nothing that went wrong is too small to be seen. */
  #drawStrip(width, height, each, ratio) {
    const { view } = this;
    const strip = el("canvas", { width, height });
    const context = strip.getContext("2d"), style = getComputedStyle(this.canvas);
    const broken = [], matches = [];
    for (const row of view.tree.rows) {
      const state = view.contents.state(row);
      if (state.broken) broken.push(row);
      if (view.search.matchesRow(row)) matches.push(row);
      if (!state.colour) continue;
      context.fillStyle = state.colour;
      const gap = each > 4 ? ratio : 0;
      context.fillRect(width * 0.25, row.index * each, width * 0.5, Math.max(each - gap, 1));
    }
    const bars = (rows, colour, left, right) => {
      context.fillStyle = style.getPropertyValue(colour);
      const tall = Math.max(each - ratio, 2 * ratio);
      for (const row of rows) {
        context.fillRect(width * left, row.index * each, width * (right - left), tall);
      }
    };
    bars(broken, "--broken", 0.25, 0.75);
    bars(matches, "--match", 0.8, 1);
    return strip;
  }
}
