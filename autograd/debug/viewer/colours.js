// Colour says how large, shape says how far. The scale rises in brightness all the way, so it reads
// the same in grey and to colour-blind eyes.

const kScale = ["#3b2f74", "#3f5698", "#2e8091", "#4fa87c", "#a3c85a", "#f2df5c"];
const kNegative = "#2f6fb5", kPositive = "#d9791c";  // for signed values: blue and orange
const kBroken = "#e5484d";

function parseColour(hex) { return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)); }

function mix(a, b, t) {
  return `rgb(${a.map((v, i) => Math.round(v + (b[i] - v) * t)).join(",")})`;
}

/** A colour of the scale for t in [0, 1]. */
function scaleColour(t) {
  const at = Math.min(Math.max(t, 0), 1) * (kScale.length - 1);
  const i = Math.min(Math.floor(at), kScale.length - 2);
  return mix(parseColour(kScale[i]), parseColour(kScale[i + 1]), at - i);
}

/** A logarithmic scale over the positive numbers of a list. */
class LogScale {
  constructor(numbers) {
    const logs = numbers.filter((v) => v > 0 && Number.isFinite(v)).map(Math.log10);
    this.low = logs.reduce((a, b) => Math.min(a, b), Infinity);
    this.high = logs.reduce((a, b) => Math.max(a, b), -Infinity);
    if (!Number.isFinite(this.low)) this.low = this.high = 0;
  }

  /** Where a number stands, 0 to 1. */
  at(v) {
    if (this.high === this.low) return 1;
    return (Math.log10(v) - this.low) / (this.high - this.low);
  }

  colour(v) { return scaleColour(this.at(v)); }
}

function markPicture(kind) {
  return svg("svg", { viewBox: "-8 -8 16 16", width: 16, height: 16, class: `mark ${kind}` });
}

/** The mark of a gradient: an empty ring for none, half a disc for partial, a disc for complete. */
function gradientMark({ state, norm, broken }, scale) {
  const mark = markPicture(state);
  const colour = norm > 0 && Number.isFinite(norm) ? scale.colour(norm) : null;
  if (state === Arrival.constant) {
    mark.append(svg("circle", { r: 1.5, class: "speck" }));
  } else if (state === Arrival.none) {
    mark.append(svg("circle", { r: 4.5, class: "empty" }));
  } else if (state === Arrival.partial) {
    mark.append(svg("circle", { r: 4.5, class: "outline" }));
    mark.append(svg("path", { d: "M0-4.5A4.5 4.5 0 0 0 0 4.5Z", fill: colour ?? "currentColor" }));
  } else if (norm === 0 && !broken) {
    mark.append(svg("circle", { r: 4.5, class: "outline" }));
    mark.append(svg("path", { d: "M-2.2 0H2.2", class: "stroke" }));
  } else {
    mark.append(svg("circle", { r: 5, fill: colour ?? "currentColor", class: "disc" }));
  }
  if (broken) mark.append(svg("circle", { r: 6.6, class: "broken" }));
  return mark;
}

/** The mark of a difference: a ring where nothing differs, else a disc. */
function changeMark(change, scale) {
  const mark = markPicture("change");
  if (change === undefined) {
    mark.append(svg("circle", { r: 1.5, class: "speck" }));
  } else if (change === 0) {
    mark.append(svg("circle", { r: 4.5, class: "empty same" }));
  } else {
    const colour = Number.isFinite(change) ? scale.colour(change) : "currentColor";
    mark.append(svg("circle", { r: 5, fill: colour, class: "disc" }));
    if (!Number.isFinite(change)) mark.append(svg("circle", { r: 6.6, class: "broken" }));
  }
  return mark;
}
