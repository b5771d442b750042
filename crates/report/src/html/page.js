// Shows the values under the pointer. The page reads the same without it.
(() => {
  const model = JSON.parse(document.getElementById("numbers").textContent);
  const names = Object.fromEntries(model.variants.map((v) => [v.id, v.name]));
  const round = (v, d) => String(+v.toFixed(d));
  const span = (s) => {
    if (Math.abs(s) < 60) return round(s, 2) + " s";
    const total = Math.round(s);
    const [h, m, r] = [Math.trunc(total / 3600), Math.trunc(total / 60) % 60, total % 60];
    const two = (n) => String(n).padStart(2, "0");
    return h ? h + " h " + two(m) + " min" : m + " min " + two(r) + " s";
  };
  const write = (v, unit) =>
    unit === "share" ? round(v * 100, 3) + "%"
    : unit === "seconds" ? span(v)
    : unit === "dollars" ? "$" + v.toFixed(v < 1 ? 4 : 2)
    : unit === "dollars-per-hour" ? "$" + v.toFixed(v < 1 ? 4 : 2) + "/h"
    : unit === "bytes" ? v.toLocaleString("en-US") + " B"
    : round(v, 3) + (unit.named ? " " + unit.named : "");
  const time = (s, clock) => {
    if (clock === "since-start") return span(s);
    if (clock === "runs") return `${Math.round(s * 100)}%`;
    const [iso, start] = [new Date(Date.parse(clock.wall) + s * 1000).toISOString(), clock.wall.slice(0, 10)];
    return (iso.slice(0, 10) === start ? "" : iso.slice(0, 10) + " ") + iso.slice(11, 19);
  };
  const valueAt = (points, at, level) => {
    let i = points.findIndex((p) => p[0] > at);
    if (i < 0) i = points.length;
    const [before, after] = [points[i - 1], points[i]];
    if (!before || before[1] === null) return null;
    if (level || before[0] === at) return before[1];
    if (!after || after[1] === null) return null;
    return before[1] + ((after[1] - before[1]) * (at - before[0])) / (after[0] - before[0]);
  };
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  for (const svg of document.querySelectorAll("svg.plot")) {
    const plot = model.plots[+svg.dataset.plot];
    const [left, right, top, bottom] = svg.dataset.box.split(" ").map(Number);
    const [from, to] = svg.dataset.x.split(" ").map(Number);
    const cross = svg.querySelector(".cross");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    cross.append(line);
    const leave = () => { tip.hidden = true; line.removeAttribute("d"); };
    svg.addEventListener("pointerleave", leave);
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
      if (x < left || x > right) return leave();
      const at = from + ((x - left) / (right - left)) * (to - from);
      line.setAttribute("d", `M${x} ${top}V${bottom}`);
      const rows = plot.series
        .filter((s) => !svg.dataset.variant || !s.variant || s.variant === svg.dataset.variant)
        .map((s) => {
          const value = valueAt(s.points, at, plot.kind !== "line");
          const variant = s.variant && !svg.dataset.variant ? names[s.variant] + ": " : "";
          return `${variant}${s.name}  ${value === null ? "–" : write(value, plot.unit)}`;
        });
      tip.textContent = [time(at, plot.clock), ...rows].join("\n");
      tip.hidden = false;
      const flip = event.clientX + tip.offsetWidth + 24 > innerWidth;
      tip.style.left = Math.max(4, event.clientX + (flip ? -tip.offsetWidth - 14 : 14)) + "px";
      tip.style.top = event.clientY + 14 + "px";
    });
  }
})();
