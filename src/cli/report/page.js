// Draws the charts of a report from the figures in the page. Nothing from the channel is ever set
// as markup: Plot writes text nodes, and so does this.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("figures").textContent);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  // Times are shown in the report's time zone: figures come shifted, and are drawn as if in UTC.
  const at = (shifted_ms) => new Date(shifted_ms);
  const ruler = document.createElement("canvas").getContext("2d");
  ruler.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  // As much of a text as there is room for: letters differ too much in width to be counted.
  const clip = (text, room) => {
    if (ruler.measureText(text).width <= room) return text;
    const letters = Array.from(text).slice(0, Math.ceil(room / 2));
    while (letters.length && ruler.measureText(letters.join("") + "…").width > room) letters.pop();
    return letters.length ? letters.join("") + "…" : "";
  };
  const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
  const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  const narrow = (width) => width < 520;

  const base = (width, more) => ({
    width,
    // Two lines of an axis, with what hangs below the second.
    marginBottom: 38,
    style: { background: "transparent", color: "inherit", fontFamily: "inherit", fontSize: "12px" },
    ...more,
  });

  // A break in a line wherever there is nothing to draw.
  const charts = {
    population(width) {
      const rows = data.population.map((row) => ({ ...row, t: at(row.t) }));
      const gaps = data.gaps.map((gap) => ({ from: at(gap.from), until: at(gap.until) }));
      const frame = [at(data.from), at(data.until)];
      return Plot.plot(base(width, {
        height: narrow(width) ? 230 : 290,
        marginTop: 30,
        x: { type: "utc", domain: frame, label: null },
        y: { label: "people", grid: true, zero: true, nice: true },
        marks: [
          Plot.rectX(gaps, { x1: "from", x2: "until", fill: css("--void") }),
          Plot.areaY(rows, { x: "t", y: "total", fill: css("--accent"), fillOpacity: 0.18, curve: "step-after", defined: (y) => y != null }),
          Plot.lineY(rows, { x: "t", y: "total", stroke: css("--accent"), strokeWidth: 1.5, curve: "step-after" }),
          Plot.lineY(rows, { x: "t", y: "named", stroke: css("--second"), strokeWidth: 1.5, curve: "step-after" }),
          Plot.ruleY([0]),
        ],
      }));
    },

    week(width) {
      const scale = (name) => [css("--void"), css(name)];
      return Plot.plot(base(width, {
        height: narrow(width) ? 225 : 245,
        marginTop: 8,
        marginBottom: 42,
        padding: 0.06,
        x: { label: "hour of the day", domain: d3.range(24), tickFormat: (h) => (h % (narrow(width) ? 6 : 3) ? "" : String(h)) },
        y: { label: null, domain: days },
        color: { type: "linear", range: scale("--accent"), interpolate: "lab", unknown: "transparent" },
        marks: [
          Plot.cell(data.week, { x: "hour", y: (row) => days[row.day], fill: "viewers", inset: 0.5, title: (row) => `${days[row.day]} ${row.hour}:00: ${row.viewers == null ? "not observed" : number.format(row.viewers) + " viewers, " + number.format(row.messages) + " messages an hour"}` }),
          Plot.cell(data.week.filter((row) => row.viewers == null), { x: "hour", y: (row) => days[row.day], stroke: css("--line"), inset: 1.5 }),
        ],
      }));
    },

    days(width) {
      return Plot.plot(base(width, {
        height: 150,
        marginTop: 30,
        x: { type: "utc", label: null, domain: [at(data.from), at(data.until)] },
        y: { label: "observed", percent: true, domain: [0, 100], grid: true },
        marks: [
          Plot.rectY(data.days, { x1: (row) => at(row.from), x2: (row) => at(row.until), y: "share", fill: css("--third"), inset: 0.25, clip: true }),
          Plot.ruleY([0]),
        ],
      }));
    },

    plays(width) {
      const rows = data.plays.map((row) => ({ ...row, from: at(row.from), until: at(row.until) }));
      const span = d3.max(rows, (row) => row.until) - d3.min(rows, (row) => row.from);
      const share = (row) => ((row.until - row.from) / span) * (width - 40);
      const label = { finished: "finished", skipped: "skipped", voteskip: "voted off" };
      const kind = (row) => label[row.ended] ?? (row.ended ? "cut short" : "running");
      const kinds = ["finished", "skipped", "voted off", "cut short", "running"];
      return Plot.plot(base(width, {
        height: 150,
        marginLeft: 20,
        x: { type: "utc", label: null },
        y: { axis: null },
        color: { domain: kinds, range: [css("--third"), css("--second"), css("--second"), css("--soft"), css("--accent")] },
        marks: [
          Plot.rectX(rows, { x1: "from", x2: "until", y1: 0.1, y2: 1, fill: kind, fillOpacity: 0.75, insetRight: narrow(width) ? 0 : 0.5, title: (row) => `${row.title}\n${row.by ? "queued by " + row.by + ", " : ""}${kind(row)}` }),
          Plot.text(rows, { x: "from", y: 0.55, text: (row) => clip(row.title, share(row) - 8), textAnchor: "start", dx: 3, filter: (row) => share(row) > 60 }),
        ],
      }));
    },

    presence(width) {
      const stays = data.presence.flatMap((person) => person.stays.map((stay) => ({ name: person.name, from: at(stay[0]), until: at(stay[1]) })));
      return Plot.plot(base(width, {
        height: 34 + 18 * data.presence.length,
        marginBottom: 4,
        marginLeft: narrow(width) ? 90 : 150,
        x: { type: "utc", label: null, domain: [at(data.from), at(data.until)], axis: "top", grid: true },
        y: { label: null, domain: data.presence.map((person) => person.name), tickFormat: (name) => clip(name, narrow(width) ? 78 : 138) },
        marks: [
          Plot.barX(stays, { x1: "from", x2: "until", y: "name", fill: css("--accent"), inset: 2, insetLeft: 0, insetRight: -0.5 }),
        ],
      }));
    },

    media: (width) => bars(width, data.media, (row) => row.title, "plays", "--accent"),
    chatters: (width) => bars(width, data.chatters, (row) => row.name, "count", "--accent"),
    emotes: (width) => bars(width, data.emotes, (row) => row.name, "count", "--second"),
    queuers: (width) => bars(width, data.queuers, (row) => row.name, "count", "--accent"),
    polls(width) {
      const rows = pollRows();
      const margin = narrow(width) ? 130 : 260;
      const most = d3.max(rows, (row) => row.votes) || 1;
      const option = (row) => row.title === undefined;
      const place = (row) => rows.indexOf(row);
      const votes = (row) => (row.votes == null ? "hidden" : number.format(row.votes));
      return Plot.plot(base(width, {
        height: 12 + 22 * rows.length,
        marginTop: 4,
        marginLeft: margin,
        marginRight: 60,
        marginBottom: 4,
        x: { axis: null, domain: [0, most] },
        y: { label: null, domain: d3.range(rows.length), tickFormat: (n) => (option(rows[n]) ? clip(rows[n].text, margin - 12) : ""), tickSize: 0 },
        marks: [
          Plot.text(rows.filter((row) => !option(row)), { y: place, text: (row) => clip(row.title, (width - 8) * 0.9), frameAnchor: "left", dx: 4 - margin, fontWeight: "bold" }),
          Plot.barX(rows.filter((row) => row.votes != null), { x: "votes", y: place, fill: css("--second"), fillOpacity: 0.85, inset: 3, title: "text" }),
          Plot.text(rows.filter(option), { x: (row) => row.votes ?? 0, y: place, text: votes, textAnchor: "start", dx: 4 }),
        ],
      }));
    },

    moderation: (width) => bars(width, data.moderation, (row) => row.name, "count", "--third"),
  };

  // Each poll is a heading and a row for each of its options; those beyond a dozen are in the table.
  function pollRows() {
    return data.polls.flatMap((poll) => {
      const shown = poll.options.slice(0, 12);
      const left = poll.options.length - shown.length;
      const title = `${d3.utcFormat("%Y-%m-%d")(at(poll.opened))}  ${poll.title}` + (poll.open ? " (open)" : "") + (left ? ` (${left} more in the table)` : "");
      return [{ title }, ...shown.map((option) => ({ text: option.text, votes: option.votes }))];
    });
  }

  // Names may repeat: the place in the list is the identity, the name its label.
  function bars(width, rows, name, value, colour) {
    const margin = narrow(width) ? 130 : 260;
    return Plot.plot(base(width, {
      height: 34 + 20 * rows.length,
      marginLeft: margin,
      marginRight: 50,
      marginBottom: 4,
      x: { label: null, axis: "top", grid: true, nice: true },
      y: { label: null, domain: d3.range(rows.length), tickFormat: (n) => clip(name(rows[n]), margin - 12), tickSize: 0 },
      marks: [
        Plot.barX(rows, { x: value, y: (_, n) => n, fill: css(colour), fillOpacity: 0.85, inset: 2, title: name }),
        Plot.text(rows, { x: value, y: (_, n) => n, text: (row) => number.format(row[value]), textAnchor: "start", dx: 4 }),
        Plot.ruleX([0]),
      ],
    }));
  }

  function draw() {
    let drawn = 0;
    for (const place of document.querySelectorAll("[data-chart]")) {
      const width = Math.max(280, Math.floor(place.clientWidth));
      const chart = charts[place.dataset.chart](width);
      // What it shows is said by the caption and the table; a reader need not hear every bar.
      chart.setAttribute("aria-hidden", "true");
      place.replaceChildren(chart);
      drawn += 1;
    }
    document.documentElement.dataset.drawn = String(drawn);
  }

  let width = 0;
  new ResizeObserver(() => {
    if (document.body.clientWidth === width) return;
    width = document.body.clientWidth;
    draw();
  }).observe(document.body);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
})();
