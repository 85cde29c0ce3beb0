/** The report's one style sheet: light and dark, screen and paper. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fdfcfa; --card: #f4f2ed; --ink: #1d2126; --quiet: #6b7078; --rule: #e3e0d8;
  --key: #12806a; --locked: #c05a2b; --wrong: #d9a441; --baseline: #8b93a0;
  --good: #12806a; --bad: #b5472a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --card: #1e2328; --ink: #e9e7e1; --quiet: #9aa1aa; --rule: #2d333a;
    --key: #34b394; --locked: #e07f4f; --wrong: #c9963b; --baseline: #6f7885;
    --good: #46c3a4; --bad: #f08a66;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 940px; margin: 0 auto; padding: 56px 30px 72px; }
h1 { font-size: 2.5rem; line-height: 1.12; letter-spacing: -0.022em; margin: 6px 0 14px; text-wrap: balance; }
h2 { font-size: 1.25rem; letter-spacing: -0.01em; margin: 0 0 10px; }
section { margin-top: 52px; break-inside: avoid; }
p { margin: 0 0 14px; max-width: 68ch; }
.eyebrow { color: var(--quiet); margin: 0; font-size: 0.92rem; }
.story { font-size: 1.14rem; max-width: 64ch; margin-bottom: 0; }
.attacks { margin: 26px 0 0; color: var(--quiet); }
.quiet, figcaption, footer { color: var(--quiet); font-size: 0.88rem; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(180px, 1fr)); gap: 14px; margin-top: 34px; }
.tile { background: var(--card); border-radius: 12px; padding: 16px 18px 14px; border-top: 4px solid var(--baseline); }
.tile.key { border-color: var(--key); } .tile.locked { border-color: var(--locked); }
.tile.chance { border-color: var(--rule); }
.tile b { display: block; font-size: 2.1rem; line-height: 1.15; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.tile span { display: block; font-weight: 600; } .tile small { color: var(--quiet); font-variant-numeric: tabular-nums; }

figure { margin: 0; }
.sheet-scroll { overflow-x: auto; }
.sheet table { border-collapse: separate; border-spacing: 7px 9px; margin: 0 -7px; width: calc(100% + 14px); table-layout: fixed; }
.sheet thead td { width: 104px; }
.sheet th { font-size: 0.84rem; line-height: 1.25; font-weight: 600; vertical-align: bottom; text-align: left; overflow-wrap: break-word; hyphens: auto; }
.sheet thead th { color: var(--quiet); padding-bottom: 2px; }
.sheet thead th.key { color: var(--key); }
.sheet tbody th { vertical-align: middle; padding-right: 4px; }
.sheet td { vertical-align: top; min-width: 84px; }
.sheet img { display: block; width: 100%; border-radius: 7px; }
.answer { display: block; font-size: 0.76rem; line-height: 1.3; margin-top: 4px; overflow-wrap: anywhere; }
.answer.right { color: var(--good); font-weight: 600; } .answer.wrong { color: var(--quiet); }
figcaption { margin-top: 8px; }
.chart svg { display: block; width: 100%; height: auto; color: var(--ink); background: none; }

.finding { background: var(--card); border-left: 4px solid var(--bad); border-radius: 0 10px 10px 0; padding: 14px 18px; margin-top: 12px; break-inside: avoid; }
.finding.healthy { border-color: var(--good); }
.finding h3 { margin: 0 0 4px; font-size: 1rem; } .finding p { margin: 0; }
.finding em { font-style: normal; font-weight: 600; }
.finding p + p { margin-top: 6px; color: var(--quiet); }

.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 0 48px; }
.figures { border-collapse: collapse; width: 100%; font-size: 0.93rem; }
.figures th, .figures td { text-align: left; padding: 7px 14px 7px 0; border-bottom: 1px solid var(--rule); font-weight: 400; }
.figures thead th { color: var(--quiet); font-size: 0.84rem; }
.figures thead { display: table-header-group; } .figures tr { break-inside: avoid; }
.figures small { display: block; color: var(--quiet); line-height: 1.3; }
.figures .number { text-align: right; padding-right: 26px; font-variant-numeric: tabular-nums; }
.pairs td { width: 46%; padding-right: 0; }
.meter { display: flex; align-items: center; gap: 10px; white-space: nowrap; font-variant-numeric: tabular-nums; }
.track { position: relative; flex: 1 1 60px; min-width: 40px; max-width: 190px; height: 8px; border-radius: 4px; background: var(--rule); }
.track b { display: block; height: 100%; border-radius: 4px; background: var(--baseline); }
.track b.key { background: var(--key); } .track b.locked { background: var(--locked); } .track b.wrong { background: var(--wrong); }
.track i { position: absolute; top: -3px; height: 14px; border-left: 1px solid var(--ink); }
.value { min-width: 3.9em; text-align: right; }
.absent { color: var(--quiet); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 22px; margin: 0; font-size: 0.93rem; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 60px; padding-top: 18px; border-top: 1px solid var(--rule); }

@media (max-width: 720px) { .sheet table { min-width: 700px; } .chart { overflow-x: auto; } .chart svg { min-width: 620px; } }
@media (max-width: 560px) { main { padding: 32px 18px; } h1 { font-size: 1.9rem; } }
@media print {
  :root {
    --paper: #fff; --card: #f6f5f2; --ink: #16181b; --quiet: #5b6068; --rule: #dddad2;
    --key: #12806a; --locked: #c05a2b; --wrong: #d9a441; --baseline: #8b93a0; --good: #12806a; --bad: #b5472a;
  }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  body { font-size: 10pt; } main { max-width: none; padding: 0; }
  section { margin-top: 30px; } .sheet img { max-width: 92px; } .pair { grid-template-columns: 1fr 1fr; }
  .tiles { grid-template-columns: repeat(4, 1fr); } .long { break-inside: auto; } .sheet tr { break-inside: avoid; }
}
`;
