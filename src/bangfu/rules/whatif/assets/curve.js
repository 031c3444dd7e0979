"use strict";
/* Draws aid, and income with aid, against income: one chart for each place. */
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const font = { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12, color: "#333" };
  const number = (value) => Number(value).toLocaleString("en-US");
  const drawn = data.curves.map((curve) => {
    const place = document.getElementById("chart-" + curve.place);
    place.style.height = "300px";
    const chart = echarts.init(place, null, { renderer: "svg" });
    const hand = curve.line.map((point) => [point[0], Math.round((point[0] / curve.months + point[1]) * 100) / 100]);
    const line = (name, values, colour, type) => ({ name: name, type: "line", showSymbol: false, data: values, lineStyle: { color: colour, width: 2, type: type }, itemStyle: { color: colour } });
    chart.setOption({
      animation: false, textStyle: font, aria: { enabled: true }, legend: { top: 0 },
      grid: { left: 8, right: 24, top: 40, bottom: 30, containLabel: true }, tooltip: { trigger: "axis", valueFormatter: number },
      xAxis: { type: "value", min: "dataMin", max: "dataMax", name: words.income, nameLocation: "middle", nameGap: 26, axisLabel: { formatter: number }, splitNumber: window.innerWidth < 600 ? 4 : 8 },
      yAxis: { type: "value", min: 0, axisLabel: { formatter: number } },
      series: [line(words.aid, curve.line, "#b03a2e", "solid"), line(words.hand, hand, "#1f4e79", "dashed")],
    });
    return chart;
  });
  const fit = () => drawn.forEach((chart) => chart.resize());
  window.addEventListener("resize", fit);
  window.addEventListener("beforeprint", () => { document.querySelectorAll("details").forEach((d) => { d.open = true; }); fit(); });
  window.matchMedia("print").addEventListener("change", fit);
  window.addEventListener("afterprint", fit);
})();
