"use strict";
/* Draws the charts of a what-if from the data block; without it every figure still stands in a table. */
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const colours = { gain: "#1a7f4b", lose: "#c0392b", mixed: "#b7791f", kind_gain: "#5aa9a0", kind_lose: "#a8548c", kind_mixed: "#7d7f9a", open: "#9aa5b1" };
  const font = { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, color: "#333" };
  const drawn = [];
  const number = (value) => Number(value).toLocaleString("en-US");

  function draw(id, option, height) {
    const place = document.getElementById("chart-" + id);
    if (!place) return;
    if (height) place.style.height = height + "px";
    const chart = echarts.init(place, null, { renderer: "svg" });
    chart.setOption(Object.assign({ animation: false, textStyle: font, aria: { enabled: true } }, option));
    drawn.push(chart);
  }

  /* A long label is cut to what fits a phone; the table beneath has it whole. */
  const narrow = () => window.innerWidth < 600;
  const labels = () => ({ width: narrow() ? 110 : 190, overflow: "truncate", fontSize: narrow() ? 11 : 12 });

  function bars(id, names, series, colourOf, legend) {
    const tall = Math.max(140, names.length * 30 + (legend ? 90 : 60));
    draw(id, {
      legend: legend ? { top: 0, type: "scroll" } : undefined,
      grid: { left: 8, right: 56, top: legend ? 40 : 12, bottom: 8, containLabel: true },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: number },
      xAxis: { type: "value", axisLabel: { formatter: number, hideOverlap: true }, splitNumber: narrow() ? 3 : 5 },
      yAxis: { type: "category", inverse: true, data: names, axisLabel: labels() },
      series: series.map((one, place) => ({
        name: one.name, type: "bar", stack: legend ? "all" : undefined, barMaxWidth: 20,
        data: one.values.map((value) => ({ value: value, itemStyle: { color: colourOf(one, value, place) } })),
        itemStyle: { color: colourOf(one, 1, place) },
        label: legend ? undefined : { show: true, position: "right", formatter: (p) => number(p.value), fontSize: 11 },
      })),
    }, tall);
  }

  const signed = (_, value) => (value < 0 ? colours.lose : colours.gain);
  if (data.streets.names.length) bars("streets", data.streets.names, data.streets.series, (one) => colours[one.class], true);
  for (const id of ["entries", "groups"]) if (data[id].names.length) bars(id, data[id].names, [{ name: words.yuan, values: data[id].values }], signed, false);
  if (data.spread.names.length) draw("spread", {
    grid: { left: 8, right: 16, top: 28, bottom: 8, containLabel: true },
    tooltip: { trigger: "axis", valueFormatter: number },
    xAxis: { type: "category", data: data.spread.names, axisLabel: { rotate: 45, interval: 0, fontSize: narrow() ? 10 : 11 } },
    yAxis: { type: "value", name: words.people, axisLabel: { formatter: number } },
    series: [{ type: "bar", barMaxWidth: 40, data: data.spread.values.map((value, place) => ({ value: value, itemStyle: { color: data.spread.less[place] ? colours.lose : colours.gain } })), label: { show: true, position: "top", formatter: (p) => (p.value ? number(p.value) : ""), fontSize: 11 } }],
  }, 300);

  for (const profile of data.profiles) {
    draw("profile-" + profile.id, {
      grid: { left: 8, right: 20, top: 36, bottom: 26, containLabel: true },
      legend: { top: 0, itemHeight: 8 },
      tooltip: { trigger: "axis", valueFormatter: number },
      xAxis: { type: "value", min: 0, max: 8000, name: words.income, nameLocation: "middle", nameGap: 24, axisLabel: { formatter: number }, splitNumber: 4 },
      yAxis: { type: "value", min: 0, name: "", axisLabel: { formatter: number }, splitNumber: 4 },
      series: [
        { name: words.before, type: "line", showSymbol: false, data: profile.before, lineStyle: { color: "#5b6b7b", width: 2, type: "dashed" }, itemStyle: { color: "#5b6b7b" } },
        { name: words.after, type: "line", showSymbol: false, data: profile.after, lineStyle: { color: "#b03a2e", width: 2 }, itemStyle: { color: "#b03a2e" } },
      ],
    }, 230);
  }

  const fit = () => drawn.forEach((chart) => chart.resize());
  window.addEventListener("resize", fit);
  window.addEventListener("beforeprint", () => { document.querySelectorAll("details").forEach((d) => { d.open = true; }); fit(); });
  window.matchMedia("print").addEventListener("change", fit);
  window.addEventListener("afterprint", fit);
})();
