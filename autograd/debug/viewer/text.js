// Numbers and elements of the page.

/** A number with four digits, as C's %.4g and so the terminal stepper write it. */
function formatNumber(v) {
  if (!Number.isFinite(v)) return Number.isNaN(v) ? "nan" : v > 0 ? "inf" : "-inf";
  if (v === 0) return "0";
  const [digits, power] = fourDigits(v);
  const exponent = Number(power);
  const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  if (exponent >= -4 && exponent < 4) {
    return trimmed(Number(`${digits}e${power}`).toFixed(3 - exponent));
  }
  const sign = exponent < 0 ? "-" : "+";
  return `${trimmed(digits)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** Digits and exponent. Half-way the last digit becomes even, as in C: 1/128 is 0.007812. */
function fourDigits(v) {
  const half = /^(-?\d\.\d\d[02468])50*(e.*)$/.exec(v.toExponential(60));
  return (half ? half[1] + half[2] : v.toExponential(3)).split("e");
}

function formatCount(n) { return n.toLocaleString("en"); }

function formatShape(shape) { return `[${shape.join(",")}]`; }

/** "[2,7]" for the row-major number of an element. */
function formatIndex(shape, element) {
  const index = [];
  for (let axis = shape.length; axis-- > 0;) {
    index.unshift(element % shape[axis]);
    element = Math.floor(element / shape[axis]);
  }
  return formatShape(index);
}

function plural(count, word) { return `${formatCount(count)} ${word}${count === 1 ? "" : "s"}`; }

/** An element. Children are elements or texts; attributes that begin with "on" are listeners. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((c) => c !== null && c !== undefined));
  return element;
}

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
