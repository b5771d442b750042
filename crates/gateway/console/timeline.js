// The timeline: rows that share one axis, and figures beside them for the moment that is pointed at.

import { element, find } from "./element.js";
import { brief, count, dollars, moment, source, ticks, time } from "./format.js";
import { bars, pool, stack } from "./plot.js";

/** Pools shown at first. */
const FEW = 8;

/** Pixels that a label of the axis needs. */
const LABEL = 84;

const COLORS = { "aws.ec2": "c0", "aws.autoscaling": "c2", "aws.cloudwatch": "c4", "aws.fis": "c1" };

export class Timeline {
  #data = null;
  /** The span that is pointed at; none for now. */
  #at = null;
  /** For each row, what its figures are at a span, or now. */
  #readings = [];
  #whole = false;

  /** `choose` is called with a span's begin and end when one was chosen, `kind` with a detail type, `again` when other pools are wanted. */
  constructor({ choose, kind, again }) {
    this.kind = kind;
    this.again = again;
    const table = find("timeline");
    this.scrub = find("scrub");
    this.scrub.addEventListener("input", () => this.#point(Number(this.scrub.value)));
    this.scrub.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.#at !== null) choose(...this.#span());
    });
    table.addEventListener("pointermove", (event) => {
      const span = this.#under(event);
      if (span !== null) this.#point(span);
    });
    table.addEventListener("pointerleave", () => this.#point(null));
    table.addEventListener("click", (event) => {
      const span = this.#under(event);
      if (span === null) return;
      this.#point(span);
      choose(...this.#span());
    });
    new ResizeObserver(() => this.#axis()).observe(find("ticks"));
  }

  /** What to ask the rig for, as far as pools are concerned. */
  get wanted() {
    return { pools: this.#whole ? 1000 : FEW };
  }

  show(data) {
    this.#data = data;
    this.#readings = [];
    this.scrub.max = data.events.lanes[0]?.counts.length ?? data.costs.kinds[0]?.hourly.length ?? 120;
    find("lanes").replaceChildren(...this.#lanes(data.events));
    find("pools").replaceChildren(...this.#pools(data.pools));
    find("costs").replaceChildren(...this.#costs(data.costs));
    find("notes").textContent = notes(data);
    this.#axis();
    this.#point(this.#at);
  }

  #lanes({ lanes }) {
    const seen = lanes.filter(({ counts }) => counts.some((number) => number > 0));
    const most = Math.max(1, ...seen.flatMap(({ counts }) => counts));
    const rows = seen.map(({ source: from, detail_type: type, counts }) => {
      const sum = counts.reduce((one, other) => one + other, 0);
      const button = element("button", { type: "button", class: "name", title: `Show only these: ${type}` }, short(type));
      button.addEventListener("click", () => this.kind(type));
      const figure = (span) => count(span === null ? sum : counts[span]);
      const picture = bars(counts, most, `${type}: ${count(sum)} events in the time shown`, COLORS[from] ?? "c6");
      return this.#row([button, element("small", {}, source(from))], picture, figure);
    });
    return [heading("What happened", "events, where one is pointed at, or all"), ...orNothing(rows, "No events in this time.")];
  }

  #pools({ count: all, shown }) {
    const rows = shown.map((course) => {
      const { now } = course;
      const name = `${now.instance_type} in ${now.zone}`;
      const figure = (span) => {
        const [used, size, least] =
          span === null ? [now.used, now.size, now.free] : [course.used[span], course.size[span], course.least_free[span]];
        if (used == null) return "not used yet";
        const left = least === 0 ? element("b", { class: "bad" }, "dry") : `${count(least)} free`;
        return [`${count(used)} of ${count(size)}`, element("small", {}, left)];
      };
      const label = `${name}: ${count(now.used)} of ${count(now.size)} in use, ${count(now.free)} free`;
      const small = now.tenancy === "default" ? now.zone : `${now.zone}, ${now.tenancy}`;
      return this.#row([now.instance_type, element("small", {}, small)], pool(course, label), figure);
    });
    const head = heading("Capacity by pool", "slots in use, below the line of what there is where that is near; red where it was dry");
    if (all > FEW) {
      const text = this.#whole ? "Show the fullest only" : `Show all ${count(all)} pools`;
      const button = element("button", { type: "button", id: "more" }, text);
      button.addEventListener("click", () => {
        this.#whole = !this.#whole;
        this.again();
      });
      head.firstChild.append(button);
    }
    return [head, ...orNothing(rows, "No pool is in use, or was set.")];
  }

  #costs({ kinds, total }) {
    const head = heading("Cost", "dollars an hour, and for the time shown");
    if (kinds.length === 0) return [head, ...orNothing([], "Nothing was paid for in this time.")];
    const last = (values) => values.at(-1);
    const figure = (values, sum) => (span) => [
      `${dollars(span === null ? last(values) : values[span])}/h`,
      element("small", {}, `${dollars(sum)} in all`),
    ];
    const courses = kinds.map(({ hourly }, index) => ({ values: hourly, name: `c${index}` }));
    const sums = courses[0].values.map((_, span) => courses.reduce((sum, { values }) => sum + values[span], 0));
    const whole = this.#row(
      ["Everything"],
      stack(courses, `Everything: ${dollars(last(sums))} an hour at the end, ${dollars(Number(total))} in all`),
      figure(sums, Number(total)),
    );
    whole.classList.add("tall");
    const rows = kinds.map(({ kind, hourly, total: sum }, index) => {
      const label = `${kind}: ${dollars(last(hourly))} an hour at the end, ${dollars(Number(sum))} in all`;
      const swatch = element("i", { class: `swatch c${index}`, "aria-hidden": "true" });
      return this.#row([swatch, kind], stack([courses[index]], label), figure(hourly, Number(sum)));
    });
    return [head, whole, ...rows];
  }

  #row(name, picture, figure) {
    const cell = element("td", { class: "figure" });
    this.#readings.push({ cell, figure });
    return element("tr", {}, element("th", { scope: "row" }, ...name), element("td", { class: "chart" }, picture), cell);
  }

  /** Which span is under the pointer. */
  #under(event) {
    const chart = event.target.closest("td.chart:not(.axis)");
    if (chart === null || this.#data === null) return null;
    const { left, width } = chart.getBoundingClientRect();
    const span = Math.floor(((event.clientX - left) / width) * Number(this.scrub.max));
    return Math.min(Math.max(span, 0), Number(this.scrub.max) - 1);
  }

  /** Points at a span, so that all rows tell their figures then; none, or beyond the last one, for now. */
  #point(span) {
    const most = Number(this.scrub.max);
    this.#at = span === null || span >= most ? null : span;
    for (const { cell, figure } of this.#readings) cell.replaceChildren(...[figure(this.#at)].flat());
    this.scrub.value = this.#at ?? most;
    const output = find("moment");
    const table = find("timeline");
    output.hidden = this.#at === null;
    table.classList.toggle("pointed", this.#at !== null);
    if (this.#at === null) {
      find("reading").textContent = "now";
      this.scrub.setAttribute("aria-valuetext", "now");
      return;
    }
    const [from, until] = this.#span();
    const text = `${moment(from)} to ${brief(until, from)}`;
    output.textContent = text;
    this.scrub.setAttribute("aria-valuetext", text);
    find("reading").textContent = brief(from, time(this.#data.until));
    table.style.setProperty("--at", `${((this.#at + 0.5) / most) * 100}%`);
  }

  #span() {
    const begin = time(this.#data.from) + this.#at * this.#data.span_seconds * 1000;
    return [begin, begin + this.#data.span_seconds * 1000];
  }

  #axis() {
    const box = find("ticks");
    if (this.#data === null || box.clientWidth === 0) return;
    const [from, until] = [time(this.#data.from), time(this.#data.until)];
    const labels = ticks(from, until, Math.max(1, Math.floor(box.clientWidth / LABEL)));
    const mark = ({ at, text }) =>
      element("span", { "data-at": ((at - from) / (until - from)) * 100 }, text);
    box.replaceChildren(...labels.map(mark));
    // Set here, as the page's policy allows no styles in its text.
    for (const label of box.children) label.style.left = `${label.dataset.at}%`;
  }
}

const heading = (title, about) =>
  element("tr", { class: "heading" }, element("th", { scope: "rowgroup", colspan: 3 }, title, " ", element("small", {}, about)));

const orNothing = (rows, text) =>
  rows.length > 0 ? rows : [element("tr", { class: "nothing" }, element("td", { colspan: 3 }, text))];

/** A detail type without what all of its source have. */
const short = (type) => type.replace(/^EC2 Instance (?=Launch|Terminate)/, "").replace(/^EC2 | Notification$/g, "");

function notes({ events, costs }) {
  const said = [];
  if (events.keeps === 0) said.push("This rig keeps no events. ironbird up --events N keeps the newest N of each account and Region.");
  if (events.forgotten > 0) {
    said.push(
      `${count(events.forgotten)} older events were let go; those shown begin at ${moment(time(events.since))}. ` +
        "ironbird up --events N keeps more.",
    );
  }
  if (costs.unpriced.length > 0) said.push(`Without a known price, and not counted: ${costs.unpriced.join(", ")}.`);
  return said.join(" ");
}
