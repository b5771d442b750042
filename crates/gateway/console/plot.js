// Rows of the timeline as SVG: one unit wide a span, 100 high, stretched to the room that there is.

import { drawing } from "./element.js";

const HIGH = 100;

function picture(spans, label, ...paths) {
  const attributes = { viewBox: `0 0 ${spans} ${HIGH}`, preserveAspectRatio: "none", role: "img", "aria-label": label };
  return drawing("svg", attributes, ...paths);
}

const path = (d, name) => (d ? drawing("path", { d, class: name }) : null);

const round = (number) => Math.round(number * 100) / 100;

/** One bar a span. A single event must be seen beside thousands: the height is by the square root. */
export function bars(counts, most, label, name) {
  let d = "";
  counts.forEach((number, span) => {
    if (number === 0) return;
    const height = Math.max(14, HIGH * Math.sqrt(number / most));
    d += `M${span} ${HIGH}h1v${-round(height)}h-1z`;
  });
  return picture(counts.length, label, path(d, `bar ${name}`));
}

/** The area below steps, above those of `floor`. Spans without a number are left out. */
function area(values, top, floor) {
  const height = (value) => round(HIGH - (HIGH * value) / top);
  let d = "";
  for (let span = 0; span < values.length; span += 1) {
    if (values[span] == null) continue;
    const begin = span;
    let back = "";
    let line = `M${begin} ${height(floor?.[begin] ?? 0)}`;
    for (; span < values.length && values[span] != null; span += 1) {
      line += `V${height(values[span])}H${span + 1}`;
      back = `V${height(floor?.[span] ?? 0)}H${span}${back}`;
    }
    d += `${line}${back}z`;
  }
  return d;
}

/** The line of steps. */
function line(values, top) {
  let d = "";
  values.forEach((value, span) => {
    if (value == null) return;
    const height = round(HIGH - (HIGH * value) / top);
    d += values[span - 1] == null ? `M${span} ${height}` : `V${height}`;
    d += `H${span + 1}`;
  });
  return d;
}

/** How much more than was used at most is shown of a pool: what is used of a large one has to be seen, too. */
const ROOM = 4;

/** A pool: what is used of what there is, and where nothing was left. What there is lies outside where it is far away. */
export function pool({ size, used, least_free: least }, label) {
  const most = (values) => Math.max(1, ...values.map((value) => value ?? 0));
  const top = Math.min(most(size), ROOM * most(used)) * 1.06;
  const ran = (dry) => used.map((value, span) => ((least[span] === 0) === dry ? value : null));
  let dry = "";
  least.forEach((free, span) => {
    if (free === 0) dry += `M${span} 0h1v${HIGH}h-1z`;
  });
  return picture(
    size.length,
    label,
    path(dry, "dry"),
    path(area(ran(true), top), "used out"),
    path(area(ran(false), top), "used"),
    path(line(size, top), "size"),
  );
}

/** Courses on top of each other. */
export function stack(courses, label) {
  const spans = courses[0]?.values.length ?? 1;
  const floors = [new Array(spans).fill(0)];
  for (const { values } of courses) {
    const below = floors.at(-1);
    floors.push(values.map((value, span) => below[span] + value));
  }
  const top = Math.max(...floors.at(-1), Number.MIN_VALUE) * 1.06;
  const layers = courses.map(({ name }, index) => path(area(floors[index + 1], top, floors[index]), `area ${name}`));
  return picture(spans, label, ...layers);
}
