// Small pictures of a tensor.

/** Bars for how often values fall into equal parts of their range. */
function histogramPicture(histogram) {
  const { low, high, counts } = histogram;
  const kWidth = 288, kHeight = 64;
  const most = Math.max(...counts), each = kWidth / counts.length;
  const picture = svg("svg", {
    class: "histogram", viewBox: `0 0 ${kWidth} ${kHeight + 1}`, role: "img",
    preserveAspectRatio: "none",
    "aria-label": `histogram from ${formatNumber(low)} to ${formatNumber(high)}`,
  });
  counts.forEach((count, i) => {
    if (!count) return;
    const tall = Math.max(1.5, count / most * kHeight);
    const bar = svg("rect", {
      x: i * each + 0.5, y: kHeight - tall, width: each - 1, height: tall,
    });
    const edge = (k) => formatNumber(low + (high - low) * k / counts.length);
    bar.append(svg("title", {}, `${edge(i)} to ${edge(i + 1)}: ${formatCount(count)}`));
    picture.append(bar);
  });
  const line = (x1, y1, x2, y2, kind) =>
    picture.append(svg("line", { x1, y1, x2, y2, class: kind }));
  line(0, kHeight + 0.5, kWidth, kHeight + 0.5, "axis");
  const labels = el("div", { class: "range" },
    el("span", {}, formatNumber(low)), el("span", {}, formatNumber(high)));
  if (low < 0 && high > 0) {
    const zero = -low / (high - low);
    line(zero * kWidth, 0, zero * kWidth, kHeight, "zero");
    const label = el("span", { class: "zero-label" }, "0");
    label.style.left = `${zero * 100}%`;
    if (zero > 0.15 && zero < 0.85) labels.append(label);
  }
  return el("figure", { class: "chart" }, picture, labels);
}

/** The numbers of a heat map; NaN where something is not finite. */
function heatMapCells({ low, high, levels }) {
  return levels.match(/../g).map((pair) => {
    const level = parseInt(pair, 16);
    return level === 255 ? NaN : low + (high - low) * level / 254;
  });
}

/**
 * Blue below zero, orange above, red where a value is not finite. Where all have one sign, the
 * colour grows from the value next to zero, so that small differences show.
 */
function heatMapPicture(map, shape, dark) {
  const { rows, columns, low, high } = map;
  const canvas = el("canvas", {
    class: "heat-map", width: columns, height: rows, role: "img",
    "aria-label": `heat map, ${heatMapCaption(map, shape)}`,
  });
  canvas.style.setProperty("--columns", columns);
  canvas.style.aspectRatio = `${columns} / ${Math.max(rows, columns / 16)}`;
  const context = canvas.getContext("2d");
  const pale = dark ? [27, 31, 36] : [247, 247, 245];
  const nearest = low > 0 ? low : high < 0 ? -high : 0;
  const reach = Math.max(Math.abs(low), Math.abs(high)) - nearest;
  heatMapCells(map).forEach((value, i) => {
    const strength = reach > 0 ? (Math.abs(value) - nearest) / reach : value === 0 ? 0 : 1;
    context.fillStyle = Number.isNaN(value) ? kBroken
      : mix(pale, parseColour(value < 0 ? kNegative : kPositive), strength);
    context.fillRect(i % columns, Math.floor(i / columns), 1, 1);
  });
  return el("figure", { class: "chart" }, canvas,
    el("figcaption", {}, heatMapCaption(map, shape)));
}

function heatMapCaption({ rows, columns, low, high }, shape) {
  const height = shape.length < 2 ? 1 : shape.at(-2), width = shape.at(-1);
  const exact = rows === height && columns === width;
  const cells = exact ? "an element a cell" : `${rows} × ${columns} cells, averaged`;
  const over = shape.length === 3 ? ", mean over the first axis"
    : shape.length > 3 ? `, mean over the first ${shape.length - 2} axes` : "";
  return `${cells}${over}; ${formatNumber(low)} to ${formatNumber(high)}`;
}
