#include "results/report/page_style.h"

namespace roofscape::report {

// Series colours after Okabe and Ito (2008), darkened on white and lightened on black until each
// has a contrast of at least 3 : 1 against the paper.
const std::string_view kPageStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #16191d; --soft: #59626d; --rule: #dfe3e8; --faint: #eef0f3;
  --panel: #f6f7f9; --good: #00785a; --warn: #a05a00; --bad: #b3261e;
  --s0: #0072b2; --s1: #c94f00; --s2: #00855f; --s3: #a8487f; --s4: #a87400; --s5: #3a86b8;
  --s6: #4b4f57;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121518; --ink: #e7e9ec; --soft: #9aa4af; --rule: #31373e; --faint: #23282d;
    --panel: #1a1e22; --good: #3ecf9f; --warn: #f0b045; --bad: #ff8a80;
    --s0: #56b4e9; --s1: #ff8f4a; --s2: #2fc796; --s3: #e49cc6; --s4: #efc04a; --s5: #9fd3f2;
    --s6: #c3c8cf;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 Inter, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans",
    Arial, system-ui, sans-serif;
}
main, footer { max-width: 1152px; margin: 0 auto; padding: 0 24px; }
main { padding-top: 48px; }
h1 {
  font-size: 34px; line-height: 1.15; letter-spacing: -0.015em; font-weight: 650; margin: 4px 0 8px;
  overflow-wrap: anywhere; text-wrap: balance;
}
h2 { font-size: 21px; line-height: 1.3; letter-spacing: -0.005em; font-weight: 650;
  margin: 0 0 4px; }
h3 { font-size: 15px; font-weight: 650; margin: 28px 0 8px; overflow-wrap: anywhere; }
p { margin: 0 0 12px; max-width: 76ch; text-wrap: pretty; }
section { margin-top: 52px; }
a { color: inherit; }
.over { color: var(--soft); font-size: 13px; letter-spacing: 0.02em; margin: 0; }
.lead, .note, figcaption { color: var(--soft); }
.note, figcaption { font-size: 14px; }
.nums, table, svg { font-variant-numeric: tabular-nums lining-nums; }

.verdict {
  border-left: 4px solid var(--tone); background: var(--panel);
  padding: 14px 18px; margin: 24px 0 0; border-radius: 0 4px 4px 0;
}
.verdict p { margin: 0; max-width: none; }
.verdict p + p { margin-top: 4px; color: var(--soft); font-size: 14px; }
.verdict strong { color: var(--tone); }
.good { --tone: var(--good); } .warn { --tone: var(--warn); } .bad { --tone: var(--bad); }

.facts {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 14px 32px;
  margin: 28px 0 0;
}
.facts dt, .card dt { color: var(--soft); font-size: 13px; }
.facts dd { margin: 0; overflow-wrap: anywhere; }

.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 16px;
  margin-top: 32px; }
.card { border: 1px solid var(--rule); border-radius: 6px; padding: 16px 20px 18px; }
.card h2 { font-size: 15px; display: flex; align-items: center; gap: 8px; margin-bottom: 10px;
  overflow-wrap: anywhere; }
.card h2 .note { font-weight: 400; margin-left: auto; white-space: nowrap; }
.card dl { display: grid; grid-template-columns: repeat(3, 1fr); gap: 16px; margin: 0; }
.card dd { margin: 0; }
.card b { display: block; font-size: 27px; line-height: 1.2; font-weight: 600;
  letter-spacing: -0.02em; }
.card dd span { display: block; color: var(--soft); font-size: 12.5px; line-height: 1.4; }

figure { margin: 0; }
.plot { margin-top: 16px; }
.plot figcaption { margin-top: 8px; max-width: 84ch; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 8px 0; padding: 0;
  list-style: none; font-size: 14px; }
.legend li { display: flex; align-items: center; gap: 8px; overflow-wrap: anywhere; }
.legend .key { color: var(--soft); }
.swatch { flex: none; }
td .note { font-size: inherit; }
.tabs { position: relative; }
.tabs > input { position: absolute; opacity: 0; pointer-events: none; }
.tabs > label {
  display: inline-block; font-size: 14px; padding: 4px 12px; margin: 12px 0 4px;
  border: 1px solid var(--rule); color: var(--soft); cursor: pointer; margin-left: -1px;
}
.tabs > label:first-of-type { border-radius: 5px 0 0 5px; margin-left: 0; }
.tabs > label:last-of-type { border-radius: 0 5px 5px 0; }
.tabs > input:checked + label { background: var(--faint); color: var(--ink); }
.tabs > input:focus-visible + label { outline: 2px solid var(--s0); outline-offset: 1px; }
.tabs > .tab { display: none; }
.tabs > input:nth-of-type(1):checked ~ .tab:nth-of-type(1),
.tabs > input:nth-of-type(2):checked ~ .tab:nth-of-type(2),
.tabs > input:nth-of-type(3):checked ~ .tab:nth-of-type(3) { display: block; }

svg.chart { display: block; width: 100%; height: auto; overflow: visible; }
svg.narrow { display: none; }
svg text { fill: var(--soft); }
svg .title { fill: var(--ink); }
.grid { stroke: var(--faint); fill: none; }
.base { stroke: var(--soft); fill: none; stroke-opacity: 0.7; }
.s0 { --c: var(--s0); } .s1 { --c: var(--s1); } .s2 { --c: var(--s2); } .s3 { --c: var(--s3); }
.s4 { --c: var(--s4); } .s5 { --c: var(--s5); } .s6 { --c: var(--s6); }
.front { stroke: var(--c); fill: none; stroke-width: 2; stroke-opacity: 0.65; }
.s1 .front { stroke-dasharray: 9 3; } .s2 .front { stroke-dasharray: 3 3; }
.s3 .front { stroke-dasharray: 12 3 2 3; } .s4 .front { stroke-dasharray: 6 6; }
.s5 .front { stroke-dasharray: 1 3; } .s6 .front { stroke-dasharray: 14 4; }
.join { stroke: var(--c); fill: none; stroke-width: 1.25; stroke-opacity: 0.45; }
.whisker { stroke: var(--c); fill: none; stroke-width: 1.25; stroke-opacity: 0.6; }
.solid { fill: var(--c); stroke: var(--paper); stroke-width: 1.25; }
.hollow { fill: var(--paper); stroke: var(--c); stroke-width: 2; }
.cross { fill: none; stroke: var(--c); stroke-width: 2; }
.hit { fill: transparent; }
svg .label { fill: var(--c); font-weight: 600; paint-order: stroke; stroke: var(--paper);
  stroke-width: 3px; stroke-linejoin: round; }
.point { outline: none; }
.point:hover .hit, .point:focus-visible .hit { fill: var(--c); fill-opacity: 0.18; }
.tip {
  position: absolute; z-index: 9; white-space: pre-line; pointer-events: none; max-width: 320px;
  background: var(--ink); color: var(--paper); border-radius: 5px; padding: 8px 11px;
  font-size: 13px; line-height: 1.45; font-variant-numeric: tabular-nums;
}

/* A shade where there is more behind the edge: the lid moves with the table, the shade stays. */
.scroll { overflow-x: auto; margin: 12px 0; background:
    linear-gradient(to left, var(--paper) 40%, transparent) right / 36px 100% no-repeat local,
    linear-gradient(to left, var(--rule), transparent) right / 16px 100% no-repeat scroll; }
.scroll:focus-visible { outline: 2px solid var(--s0); outline-offset: 2px; }
table { border-collapse: collapse; font-size: 13.5px; line-height: 1.35; width: 100%; }
th, td { padding: 5px 8px; text-align: right; white-space: nowrap; vertical-align: bottom; }
th { font-weight: 500; color: var(--soft); }
thead th { border-bottom: 1px solid var(--soft); }
thead tr.group th { border-bottom: 1px solid var(--rule); text-align: center; color: var(--ink); }
thead tr.group th + th { border-left: 12px solid var(--paper); }
tbody td, tbody th { border-bottom: 1px solid var(--faint); }
tbody th.series { text-align: left; color: var(--ink); font-weight: 650; padding-top: 14px;
  border-bottom: 1px solid var(--rule); }
tbody th.series .swatch { vertical-align: -2px; margin-right: 6px; }
tbody th[scope=row] { color: var(--ink); font-weight: 600; }
th:first-child { position: sticky; left: 0; background: var(--paper); }
.left, table.plain th, table.plain td { text-align: left; white-space: normal; }
table.plain th { width: 13em; padding-left: 0; vertical-align: top; }
table.plain td { overflow-wrap: anywhere; vertical-align: top; }
table.plain tbody th[scope=row] { font-weight: 500; color: var(--soft); }
.VALID { color: var(--good); } .DEGRADED { color: var(--warn); } .INVALID { color: var(--bad); }

.multiples { margin-top: 6px; }
.multiple {
  display: grid; grid-template-columns: 92px repeat(5, 1fr); gap: 6px 20px; padding: 10px 0 8px;
  border-bottom: 1px solid var(--faint); break-inside: avoid;
}
.multiple h4 { margin: 0; font-size: 13px; font-weight: 500; color: var(--soft); }
.multiple h4 b { display: block; color: var(--ink); font-size: 20px; font-weight: 600; }
.multiple figcaption { font-size: 12px; display: flex; justify-content: space-between; gap: 8px; }
.mini { display: block; width: 100%; height: auto; font-size: 10.5px; overflow: visible; }
.bars { fill: var(--c); fill-opacity: 0.75; }
.mini .p50 { stroke: var(--ink); fill: none; } .mini .p99 { stroke: var(--ink); fill: none;
  stroke-dasharray: 2 2; }
.window { fill: var(--c); fill-opacity: 0.13; }
.course { stroke: var(--c); fill: none; stroke-width: 1.25; }

pre { background: var(--panel); border-radius: 5px; padding: 12px 14px; overflow-x: auto;
  margin: 8px 0;
  font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
details { margin: 12px 0; }
summary { cursor: pointer; font-size: 14px; color: var(--soft); }
.reasons { padding-left: 20px; margin: 6px 0 12px; font-size: 15px; }
.reasons li { overflow-wrap: anywhere; }
footer { margin-top: 56px; padding-bottom: 48px; }
footer p { border-top: 1px solid var(--rule); padding-top: 16px; color: var(--soft);
  font-size: 13px; max-width: none; }

@media screen and (max-width: 720px) {
  main, footer { padding-left: 16px; padding-right: 16px; }
  main { padding-top: 24px; }
  h1 { font-size: 26px; }
  section { margin-top: 40px; }
  svg.wide { display: none; } svg.narrow { display: block; }
  .facts { grid-template-columns: 1fr 1fr; gap: 12px 20px; }
  .cards { grid-template-columns: 1fr; }
  .card { padding: 14px 16px; }
  .card dl { gap: 10px; }
  .card b { font-size: 22px; }
  .multiple { grid-template-columns: 1fr 1fr; }
  .multiple h4 { grid-column: 1 / -1; }
  .multiple h4 b { display: inline; font-size: 16px; }
  .mini { font-size: 12px; }
  table.plain th { width: 8.5em; }
}
@media print {
  :root {
    --paper: #ffffff; --ink: #000000; --soft: #444444; --rule: #bbbbbb; --faint: #dddddd;
    --panel: #ffffff; --good: #00785a; --warn: #a05a00; --bad: #b3261e;
    --s0: #0072b2; --s1: #c94f00; --s2: #00855f; --s3: #a8487f; --s4: #a87400; --s5: #3a86b8;
    --s6: #4b4f57;
  }
  @page { size: A4; margin: 14mm; }
  body { font-size: 10pt; }
  main, footer { padding: 0; max-width: none; }
  section { margin-top: 24pt; }
  .tabs > label, .tip { display: none; }
  svg.wide { display: block; } svg.narrow { display: none; }
  figure, .card, tr, .verdict { break-inside: avoid; }
  h2, h3, .lead, .legend { break-after: avoid; }
  .facts { grid-template-columns: repeat(4, 1fr); gap: 8pt 16pt; }
  .cards { grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 10pt; }
  .card { padding: 8pt 10pt; } .card b { font-size: 15pt; }
  .multiple { grid-template-columns: 60px repeat(5, 1fr); gap: 4pt 10pt; }
  .multiple figcaption { font-size: 6.5pt; }
  .scroll { overflow: visible; }
  table { font-size: 7pt; } th, td { padding: 2pt 3pt; }
  table.plain, .facts { font-size: 9pt; }
  .verdict { border: 1px solid var(--rule); border-left: 4px solid var(--tone); }
  pre { white-space: pre-wrap; border: 1px solid var(--rule); }
}
)css";

}  // namespace roofscape::report
