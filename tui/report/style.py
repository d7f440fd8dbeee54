"""What a report's page looks like, on a screen and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1c2127; --soft: #545d68; --line: #d4d9df; --page: #fff; --band: #f4f6f8;
  --good: #1a7f37; --fair: #9a6700; --poor: #c0222c; --calm: #6a7480; --good-band: #e9f6ec; --fair-band: #fdf5dd;
  --poor-band: #fdecec; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ec; --soft: #a3adb8; --line: #3a424c; --page: #14181d; --band: #1d232a;
    --good: #56c271; --fair: #e0b040; --poor: #ff7b78; --calm: #8b96a2; --good-band: #14291b; --fair-band: #2d2510;
    --poor-band: #351a1c; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 2.5rem 1.5rem 4rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { margin: 0 0 .8rem; font-size: 1.85rem; line-height: 1.2; letter-spacing: -.01em; overflow-wrap: anywhere; }
.byline { color: var(--soft); margin: -.4rem 0 1.1rem; max-width: none; overflow-wrap: anywhere; }
h2 { margin: 2.6rem 0 .6rem; font-size: 1.2rem; line-height: 1.3; }
p { margin: .3rem 0 .8rem; max-width: 46rem; }
.verdict { display: flex; gap: .75rem; align-items: baseline; max-width: none; margin: 0; padding: .9rem 1.1rem;
  border: 1px solid currentColor; border-left-width: 6px; border-radius: 6px; font-size: 1.1rem; }
.verdict strong { color: var(--ink); font-weight: 600; overflow-wrap: anywhere; min-width: 0; }
.verdict .sign { font-weight: 700; }
.verdict.ok { color: var(--good); background: var(--good-band); }
.verdict.warning { color: var(--fair); background: var(--fair-band); }
.verdict.problem { color: var(--poor); background: var(--poor-band); }
dl { margin: 0; } dd { margin: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.2rem, 1fr)); gap: .6rem; }
.tiles div { display: flex; flex-direction: column-reverse; justify-content: flex-end; padding: .6rem .8rem;
  border: 1px solid var(--line); border-radius: 6px; }
.tiles dt { color: var(--soft); font-size: .85rem; line-height: 1.3; }
.tiles dd { font-size: 1.5rem; line-height: 1.25; font-weight: 600; font-variant-numeric: tabular-nums; }
.tiles dd.none { color: var(--soft); font-weight: 400; }
.steps div, .kinds div { display: grid; grid-template-columns: 11rem 1fr; gap: .2rem 1rem; padding: .45rem 0;
  border-top: 1px solid var(--line); }
.steps dt { font-weight: 600; }
.kinds { margin: 0 0 1.2rem; font-size: .9rem; color: var(--soft); } .kinds div { padding: .2rem 0; border: 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 1.2rem 2rem;
  align-items: start; }
table { width: 100%; border-collapse: collapse; font-size: .93rem; }
caption { padding: .2rem 0; text-align: left; font-weight: 600; }
.list caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: .38rem .8rem .38rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
td { white-space: pre-wrap; }
th[scope=row] { font-weight: 600; min-width: 8rem; }
.facts th[scope=row] { width: 7.5rem; min-width: 0; overflow-wrap: break-word; color: var(--soft); font-weight: 400; }
thead th { border-top: 0; border-bottom: 2px solid var(--line); color: var(--soft); font-size: .85rem;
  vertical-align: bottom; white-space: nowrap; }
.cut-over td:nth-of-type(3), .planned td:nth-of-type(2) { white-space: nowrap; }
.planned td:nth-of-type(1) { min-width: 9rem; }
.list tbody tr:nth-child(even) { background: var(--band); }
.list th:first-child, .list td:first-child { padding-left: .5rem; }
.list tbody th[scope=row] { width: 30%; }
.list.errors tbody th[scope=row] { width: 50%; font-weight: 400; }
.tick { width: 4rem; white-space: nowrap; } .tick input { width: 1.05rem; height: 1.05rem; margin: .2rem 0 0; }
td ul { margin: 0; padding: 0; list-style: none; } td li + li { margin-top: .2rem; } td b { margin-right: .5ch; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(24rem, 1fr)); gap: 1.5rem 2.5rem; }
figure { margin: 0; } figcaption { margin-bottom: .5rem; font-weight: 600; font-size: .93rem; }
svg { display: block; width: 100%; max-width: 35rem; height: auto; }
svg text { font-size: 14px; fill: var(--ink); } svg .word { text-anchor: end; } svg .number { font-weight: 600; }
svg .good { fill: var(--good); } svg .fair { fill: var(--fair); } svg .poor { fill: var(--poor); }
svg .calm { fill: var(--calm); }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; margin: 0; padding: 0; list-style: none; }
nav li { color: var(--soft); font-variant-numeric: tabular-nums; } a { color: inherit; } nav a { color: var(--ink); }
footer { margin-top: 3rem; padding-top: .8rem; border-top: 1px solid var(--line); color: var(--soft);
  font-size: .85rem; }
@media (max-width: 40rem) {
  body { padding: 1.2rem .9rem 3rem; } .steps div, .kinds div { grid-template-columns: 1fr; }
  .facts, .pictures { grid-template-columns: 1fr; } section { overflow-x: auto; } }
@page { size: A4; margin: 16mm 14mm 18mm; }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #333; --line: #999; --page: #fff; --band: #fff;
    --good: #444; --fair: #777; --poor: #000; --calm: #aaa; --good-band: #fff; --fair-band: #fff;
    --poor-band: #fff; }
  html, body { font-size: 10pt; } body { max-width: none; padding: 0; }
  nav { display: none; }
  h1 { font-size: 17pt; } h2 { margin: 14pt 0 4pt; font-size: 12pt; break-after: avoid; }
  p { break-inside: avoid; break-after: avoid; } footer { break-inside: avoid; margin-top: 16pt; }
  .verdict, .tiles div, .steps div, figure, .facts table, tr, li { break-inside: avoid; }
  thead { display: table-header-group; break-after: avoid; } tbody tr:first-child { break-before: avoid; }
  .tiles { grid-template-columns: repeat(6, 1fr); gap: 4pt; } .tiles div { padding: 4pt 6pt; }
  .tiles dd { font-size: 13pt; } .tiles dt { font-size: 8pt; }
  .facts { grid-template-columns: 1fr 1fr 1fr; gap: 8pt 12pt; } .facts th[scope=row] { width: 23mm; }
  .facts th, .facts td { font-size: 8.5pt; }
  .pictures { grid-template-columns: 1fr 1fr; gap: 12pt; }
  .steps div, .kinds div { grid-template-columns: 32mm 1fr; padding: 2pt 0; }
  table { font-size: 9pt; } th, td { padding: 2.5pt 9pt 2.5pt 0; }
  svg rect { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""
