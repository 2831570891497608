using Harness.Charts;

namespace Harness.Results.Reports;

/// <summary>The report's looks: readable on a phone, in the dark and on paper, from this file alone.</summary>
internal static class ReportStyle
{
    /// <summary>The page's, with the colours of its charts in the dark.</summary>
    public static string Css => $"{Page}\n@media screen and (prefers-color-scheme: dark) {{\n{string.Concat(Palette.All.Select(InTheDark))}}}\n";

    private const string Page = """
        :root { --ink: #1b1f24; --muted: #57606a; --line: #d5dae0; --paper: #fff; --card: #f6f8fa; --link: #0b5cad; --good: #116329; --bad: #b42318; --badback: #fff0ee; color-scheme: light dark; }
        @media screen and (prefers-color-scheme: dark) {
          :root { --ink: #e6e9ec; --muted: #9aa4af; --line: #3a424b; --paper: #14181c; --card: #1d2329; --link: #8ac0ff; --good: #56d364; --bad: #ff8a7a; --badback: #38191a; }
        }
        * { box-sizing: border-box; }
        html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
        body { margin: 0 auto; max-width: 1000px; padding: 28px 20px 60px; background: var(--paper); color: var(--ink);
          font: 16px/1.5 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif; overflow-wrap: break-word; }
        h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 4px; }
        h2 { font-size: 1.3rem; margin: 44px 0 10px; }
        h3 { font-size: 1rem; margin: 20px 0 6px; }
        p { margin: 8px 0; }
        a { color: var(--link); }
        .kicker, .muted { color: var(--muted); font-size: .9rem; }
        .question { font-size: 1.2rem; }
        nav { margin: 18px 0 0; padding: 8px 0; border: solid var(--line); border-width: 1px 0; font-size: .92rem; }
        nav a { margin-right: 14px; white-space: nowrap; text-decoration: none; }
        nav a:hover { text-decoration: underline; }
        .card { background: var(--card); border-radius: 8px; padding: 4px 18px 10px; margin: 14px 0; }
        .wrong { background: var(--badback); border-left: 5px solid var(--bad); border-radius: 4px; padding: 12px 18px; margin: 18px 0; }
        .wrong h2 { font-size: 1.1rem; margin: 0 0 6px; color: var(--bad); }
        .wrong ul { max-height: 15rem; overflow-y: auto; }
        ul { padding-left: 20px; margin: 6px 0; }
        .summary { font-size: 1.05rem; }
        ul.checks { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 12px; }
        ul.checks li { border: 1px solid var(--line); border-left: 5px solid var(--muted); border-radius: 6px; padding: 10px 14px; min-width: 0; }
        ul.checks li.met { border-left-color: var(--good); } ul.checks li.short { border-left-color: var(--bad); }
        .claim { min-height: 3em; }
        .mark { font-size: .8rem; font-weight: 600; border: 1.5px solid; border-radius: 4px; padding: 0 7px; margin-right: 8px; white-space: nowrap; color: var(--muted); }
        .met .mark { color: var(--good); } .short .mark { color: var(--bad); }
        .figure { margin: 6px 0 2px; }
        .value { font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; } .interval { color: var(--muted); white-space: nowrap; }
        .checks svg { display: block; width: 240px; max-width: 100%; height: auto; }
        .checks .muted { font-size: .82rem; margin-top: 4px; }
        .quote { border-left: 3px solid var(--line); padding-left: 14px; }
        dl { display: grid; grid-template-columns: minmax(130px, max-content) 1fr; gap: 4px 18px; margin: 8px 0; font-size: .93rem; }
        dt { color: var(--muted); max-width: 320px; } dd { margin: 0; min-width: 0; }
        figure { margin: 20px 0 34px; }
        figure h3 { font-size: 1.08rem; margin: 0 0 8px; }
        .plot { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; padding: 8px 0; background: var(--paper); }
        .plot svg { display: block; width: 100%; min-width: 620px; height: auto; }
        figcaption { color: var(--muted); font-size: .84rem; line-height: 1.4; } figcaption p { margin: 5px 0; }
        .scroll { overflow-x: auto; margin: 10px 0; }
        table { border-collapse: separate; border-spacing: 0; font-size: .84rem; font-variant-numeric: tabular-nums; min-width: 100%; }
        th, td { padding: 5px 9px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; background: var(--paper); }
        th { color: var(--muted); font-weight: 600; vertical-align: bottom; min-width: 76px; }
        td:not(.n) { min-width: 90px; }
        td.wide { min-width: 250px; }
        th:first-child, td:first-child { position: sticky; left: 0; min-width: 170px; max-width: 300px; border-right: 1px solid var(--line); }
        .n { text-align: right; }
        td.n { white-space: nowrap; }
        tr.failed td { background: var(--badback); color: var(--bad); }
        pre { background: var(--card); border-radius: 6px; padding: 10px 14px; overflow-x: auto; font-size: .87rem; }
        @media (max-width: 560px) {
          body { padding: 16px 12px 40px; } h1 { font-size: 1.4rem; } .question { font-size: 1.05rem; }
          dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; }
          .claim { min-height: 0; } th:first-child, td:first-child { min-width: 110px; max-width: 38vw; }
        }
        @page { size: A4; margin: 14mm 12mm; }
        @page across { size: A4 landscape; margin: 10mm; }
        @media print {
          body { max-width: none; padding: 0; font-size: 10pt; } nav, .hint { display: none; }
          h1, h2, h3 { break-after: avoid; } figure, tr, .card, ul.checks li { break-inside: avoid; } figure { margin: 10px 0 20px; }
          .wrong ul { max-height: none; } ul.checks { grid-template-columns: 1fr 1fr; }
          .plot { border: none; } .plot svg { min-width: 0; } .scroll, .plot { overflow: visible; }
          table { font-size: 7.5pt; } thead { display: table-header-group; } th, td { padding: 2px 4px; min-width: 0 !important; position: static !important; }
          td.wide { min-width: 90px !important; }
          pre { white-space: pre-wrap; } .across { page: across; } .across h2 { margin-top: 0; } .across table { font-size: 6pt; } .across td, .across th { padding: 1px 3px; white-space: normal; }
        }
        """;

    private static string InTheDark(Paint paint) => $".{paint.Fill} {{ fill: {paint.Dark} }} .{paint.Stroke} {{ stroke: {paint.Dark} }}\n";
}
