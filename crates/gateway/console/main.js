// The console's first page: the timeline of a world.

import { element, find } from "./element.js";
import { Feed } from "./feed.js";
import { count, dollars, moment, time } from "./format.js";
import { get, pause, post, seen } from "./rig.js";
import { Timeline } from "./timeline.js";

/** Milliseconds between two looks where nothing happens: money is spent all the same. */
const IDLE = 2000;

/** The shortest time between two looks, and how much longer than the last answer took. */
const LEAST = 500;
const SHARE = 5;

let wake = () => {};
const look = () => wake();

const feed = new Feed({ heard: look, lost });
const timeline = new Timeline({
  choose: (from, until) => feed.span([from, until]),
  kind: (type) => {
    feed.kind(type);
    find("feed").scrollIntoView();
  },
  again: look,
});

function lost(error) {
  const status = find("status");
  const state = error === null ? "live" : "lost";
  if (status.dataset.state === state) return;
  status.dataset.state = state;
  status.textContent = error === null ? "Live" : "No answer, trying again";
}

/** Where a range is chosen, its begin; the world's own otherwise. */
async function from() {
  const seconds = Number(new FormData(form).get("range"));
  if (!seconds) return "";
  const { now } = await get("clock");
  return new Date(time(now) - seconds * 1000).toISOString();
}

const form = element("form");
find("range").before(form);
form.append(find("range"));
form.addEventListener("change", look);

async function refresh() {
  const data = await get("timeline", { from: await from(), ...timeline.wanted });
  find("now").textContent = `${moment(time(data.clock.now))} UTC`;
  find("now").dateTime = data.clock.now;
  find("rate").textContent = data.clock.rate === 1 ? "" : data.clock.rate === 0 ? "stands still" : `×${data.clock.rate}`;
  const nothing = data.begin === null && data.pools.count === 0;
  find("empty").hidden = !nothing;
  find("world").hidden = nothing;
  timeline.show(data);
  feed.kinds(data.events.lanes);
  find("figures").replaceChildren(...figures(data).map(([name, ...value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, ...value))));
  document.body.dataset.shown = data.until;
}

function figures({ costs, events, pools }) {
  const rate = costs.kinds.reduce((sum, { hourly }) => sum + hourly.at(-1), 0);
  const happened = events.lanes.flatMap(({ counts }) => counts).reduce((sum, number) => sum + number, 0);
  const dry = pools.shown.filter(({ now }) => now.free === 0).length;
  const used = pools.shown.length < pools.count ? "" : ` of ${count(pools.count)}`;
  return [
    ["Spending", `${dollars(rate)}/h`],
    ["Spent in the time shown", dollars(Number(costs.total))],
    ["Events in the time shown", count(happened)],
    ["Pools that are dry", dry > 0 ? element("b", { class: "bad" }, count(dry)) : "0", used],
  ];
}

async function live() {
  for (;;) {
    await seen();
    const begin = performance.now();
    try {
      await refresh();
      lost(null);
    } catch (error) {
      lost(error);
    }
    const took = performance.now() - begin;
    await pause(Math.max(LEAST, SHARE * took));
    await Promise.race([pause(IDLE), new Promise((done) => (wake = done))]);
  }
}

function trouble(text) {
  find("trouble").textContent = text;
  find("trouble").hidden = text === "";
}

for (const button of document.querySelectorAll("[data-advance]")) {
  button.addEventListener("click", async () => {
    const buttons = document.querySelectorAll("[data-advance]");
    for (const other of buttons) other.disabled = true;
    button.setAttribute("aria-busy", "true");
    try {
      await post("clock/advance", { seconds: Number(button.dataset.advance) });
      trouble("");
    } catch (error) {
      trouble(`The clock was not moved: ${error.message}`);
    }
    for (const other of buttons) other.disabled = false;
    button.removeAttribute("aria-busy");
    button.focus();
    look();
  });
}

const theme = find("theme");
const apply = () => {
  if (theme.value) document.documentElement.dataset.theme = theme.value;
  else delete document.documentElement.dataset.theme;
};
theme.value = localStorage.getItem("theme") ?? "";
theme.addEventListener("change", () => {
  localStorage.setItem("theme", theme.value);
  apply();
});
apply();

find("first").textContent = [
  `eval "$(ironbird env --endpoint ${location.origin})"`,
  `image=$(aws ec2 describe-images --owners amazon \\`,
  `  --filters Name=name,Values='al2023-ami-2*-x86_64' --query 'Images[0].ImageId' --output text)`,
  `aws ec2 run-instances --instance-type m5.large --image-id "$image"`,
].join("\n");

feed.follow();
live();
