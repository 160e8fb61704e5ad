// Small pictures of a tensor.

/** Bars for how often values fall into equal parts of their range. */
function histogramPicture(histogram) {
  const { low, high, counts } = histogram;
  const kWidth = 288, kHeight = 64;
  const most = Math.max(...counts), each = kWidth / counts.length;
  const picture = svg("svg", {
    class: "histogram", viewBox: `0 0 ${kWidth} ${kHeight + 1}`, role: "img", preserveAspectRatio: "none",
    "aria-label": `histogram from ${formatNumber(low)} to ${formatNumber(high)}`,
  });
  counts.forEach((count, i) => {
    if (!count) return;
    const tall = Math.max(1.5, count / most * kHeight);
    const bar = svg("rect", { x: i * each + 0.5, y: kHeight - tall, width: each - 1, height: tall });
    const edge = (k) => formatNumber(low + (high - low) * k / counts.length);
    bar.append(svg("title", {}, `${edge(i)} to ${edge(i + 1)}: ${formatCount(count)}`));
    picture.append(bar);
  });
  picture.append(svg("line", { x1: 0, y1: kHeight + 0.5, x2: kWidth, y2: kHeight + 0.5, class: "axis" }));
  const labels = el("div", { class: "range" }, el("span", {}, formatNumber(low)), el("span", {}, formatNumber(high)));
  if (low < 0 && high > 0) {
    const zero = -low / (high - low);
    picture.append(svg("line", { x1: zero * kWidth, y1: 0, x2: zero * kWidth, y2: kHeight, class: "zero" }));
    const label = el("span", { class: "zero-label" }, "0");
    label.style.left = `${zero * 100}%`;
    if (zero > 0.15 && zero < 0.85) labels.append(label);
  }
  return el("figure", { class: "chart" }, picture, labels);
}

/** Blue below zero, orange above, and black where a value is not finite. */
function heatMapPicture(map, shape, dark) {
  const { rows, columns, low, high, levels } = map;
  const canvas = el("canvas", {
    class: "heat-map", width: columns, height: rows, role: "img",
    "aria-label": `heat map, ${rows} by ${columns} cells from ${formatNumber(low)} to ${formatNumber(high)}`,
  });
  canvas.style.setProperty("--columns", columns);
  canvas.style.aspectRatio = `${columns} / ${Math.max(rows, columns / 16)}`;
  const context = canvas.getContext("2d");
  const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const middle = dark ? [27, 31, 36] : [247, 247, 245];
  for (let i = 0; i < rows * columns; i++) {
    const level = parseInt(levels.slice(2 * i, 2 * i + 2), 16);
    const value = low + (high - low) * level / 254;
    context.fillStyle = level === 255
      ? "#e5484d"
      : mix(middle, parseColour(value < 0 ? kNegative : kPositive), Math.abs(value) / reach);
    context.fillRect(i % columns, Math.floor(i / columns), 1, 1);
  }
  return el("figure", { class: "chart" }, canvas, el("figcaption", {}, heatMapCaption(map, shape)));
}

function heatMapCaption({ rows, columns, low, high }, shape) {
  const height = shape.length < 2 ? 1 : shape.at(-2), width = shape.at(-1);
  const cells = rows === height && columns === width ? "an element a cell" : `${rows} × ${columns} cells, averaged`;
  const over = shape.length > 2 ? `, mean over ${plural(shape.length - 2, "leading axis").replace("axiss", "axes")}` : "";
  return `${cells}${over}; ${formatNumber(low)} to ${formatNumber(high)}`;
}

/** All values of a small tensor, row by row of the last axis. */
function valueTable(tensor) {
  const { values, shape } = tensor;
  if (tensor.size === 1) return null;
  const width = shape.at(-1) ?? 1;
  const table = el("table", { class: "values" });
  for (let start = 0; start < values.length; start += width) {
    const row = el("tr", {}, el("th", { scope: "row" },
      shape.length > 1 ? formatIndex(shape.slice(0, -1), start / width) : ""));
    values.slice(start, start + width).forEach((v) =>
      row.append(el("td", { class: Number.isFinite(v) ? "" : "broken" }, formatNumber(v))));
    table.append(row);
  }
  return el("div", { class: "values-box", tabindex: "0", role: "group", "aria-label": "values" }, table);
}
