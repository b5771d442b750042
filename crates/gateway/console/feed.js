// The events themselves, the newest first, as they come.

import { element, find } from "./element.js";
import { brief, count, moment, resource, source, summary, time } from "./format.js";
import { get, pause, seen } from "./rig.js";

/** Rows on the page. */
const ROWS = 200;

/** Seconds for which one question waits for an answer. */
const WAIT = 20;

export class Feed {
  /** The events on the page, the newest first. */
  #events = [];
  #last = 0;
  #span = null;
  #kind = "";
  #open = new Set();
  #abort = new AbortController();

  /** `heard` is called when something happened, `lost` with what went wrong, or with nothing when all is well. */
  constructor({ heard, lost }) {
    this.heard = heard;
    this.lost = lost;
    this.body = find("events").tBodies[0];
    find("kind").addEventListener("change", (event) => this.kind(event.target.value));
    find("words").addEventListener("input", () => this.#draw());
    find("filter").addEventListener("submit", (event) => event.preventDefault());
    find("whole").addEventListener("click", () => this.span(null));
    this.body.addEventListener("click", (event) => this.#toggle(event.target.closest("button")));
  }

  /** Shows only events of a detail type; of all where it is empty. */
  kind(type) {
    this.#kind = type;
    const select = find("kind");
    if (![...select.options].some(({ value }) => value === type)) select.append(element("option", { value: type }, type));
    select.value = type;
    this.#anew();
  }

  /** Shows only events from one instant up to another; the newest where there is none. */
  span(span) {
    this.#span = span;
    const chip = find("whole");
    chip.hidden = span === null;
    if (span !== null) {
      chip.replaceChildren(`${moment(span[0])} to ${brief(span[1], span[0])} `, element("span", {}, "✕ show the newest"));
    }
    this.#anew();
  }

  /** The detail types that can be chosen. */
  kinds(lanes) {
    const select = find("kind");
    const known = new Set([...select.options].map(({ value }) => value));
    for (const { detail_type: type } of lanes) {
      if (!known.has(type)) select.append(element("option", { value: type }, type));
    }
  }

  /** Goes on for as long as the page is open. */
  async follow() {
    for (;;) {
      await seen();
      try {
        await this.#newest();
        while (!document.hidden) await this.#next();
      } catch (error) {
        if (error.name === "AbortError") continue;
        this.lost(error);
        await pause(1000);
      }
    }
  }

  #anew() {
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  async #ask(more) {
    const list = await get("events", { detail_type: this.#kind, ...more }, this.#abort.signal);
    this.lost(null);
    return list;
  }

  async #newest() {
    const span = this.#span?.map((at) => new Date(at).toISOString()) ?? [];
    const list = await this.#ask({ from: span[0], until: span[1], limit: ROWS });
    this.#events = list.events.reverse();
    this.#last = list.last;
    this.#draw();
  }

  async #next() {
    // Everything that happens is heard, so that the rest of the page follows; what is not wanted here is not shown.
    const list = await get("events", { after: this.#last, limit: 1000, wait: WAIT }, this.#abort.signal);
    this.lost(null);
    if (list.events.length === 0) {
      // The world was made anew.
      if (list.last < this.#last) await this.#newest();
      this.#last = list.last;
      return;
    }
    this.heard();
    const anew = list.events[0].number <= this.#last;
    this.#last = list.last;
    if (this.#span !== null) return;
    if (anew || list.events.length === 1000) return this.#newest();
    const wanted = list.events.filter(({ event }) => this.#kind === "" || event["detail-type"] === this.#kind);
    this.#events = [...wanted.reverse(), ...this.#events].slice(0, ROWS);
    this.#draw();
  }

  #draw() {
    const words = find("words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const has = ({ event }) => {
      const text = words.length === 0 ? "" : JSON.stringify(event).toLowerCase();
      return words.every((word) => text.includes(word));
    };
    const shown = this.#events.filter(has);
    // A row that stays is not made again: whoever reads or has opened it keeps their place.
    const rows = new Map([...this.body.rows].map((row) => [row.id, row]));
    this.body.replaceChildren(
      ...shown.flatMap((one) => {
        const id = `event-${one.event.id}`;
        const row = rows.get(id) ?? this.#row(id, one);
        return this.#open.has(id) ? [row, rows.get(`${id}-text`) ?? text(id, one.event)] : [row];
      }),
    );
    const newest = this.#span === null ? "the newest" : "the last of that time";
    const of = this.#events.length === ROWS ? `${count(shown.length)} of ${newest} ${ROWS}` : count(shown.length);
    find("shown").textContent = shown.length === 0 ? "No events fit." : `${of} ${shown.length === 1 ? "event" : "events"}`;
  }

  #row(id, { event }) {
    const at = time(event.time);
    const open = element(
      "button",
      { type: "button", "aria-expanded": "false", "aria-controls": `${id}-text`, title: "Show the whole event" },
      element("time", { datetime: event.time }, moment(at)),
    );
    const what = [event["detail-type"], " ", element("small", {}, source(event.source))];
    const cells = [[open], what, event.resources.map((arn) => element("span", { class: "id" }, resource(arn))), [summary(event)], [`${event.region} ${event.account}`]];
    return element("tr", { id }, ...cells.map((content) => element("td", {}, ...content)));
  }

  #toggle(button) {
    if (button === null) return;
    const row = button.closest("tr");
    const is = !this.#open.has(row.id);
    if (is) this.#open.add(row.id);
    else this.#open.delete(row.id);
    button.setAttribute("aria-expanded", String(is));
    this.#draw();
  }
}

/** The event as EventBridge delivers it. */
const text = (id, event) =>
  element(
    "tr",
    { id: `${id}-text`, class: "text" },
    element("td", { colspan: 5 }, element("pre", { tabindex: 0, "aria-label": "Event" }, JSON.stringify(event, null, 2))),
  );
