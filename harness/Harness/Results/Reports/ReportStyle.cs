namespace Harness.Results.Reports;

/// <summary>The report's looks: readable on a phone, in the dark and on paper, from this file alone.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { --ink: #1b1f24; --muted: #57606a; --line: #d5dae0; --paper: #fff; --card: #f6f8fa; --good: #116329; --bad: #b42318; --badback: #fff0ee; color-scheme: light dark; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6e9ec; --muted: #9aa4af; --line: #3a424b; --paper: #14181c; --card: #1d2329; --good: #56d364; --bad: #ff8a7a; --badback: #38191a; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 940px; padding: 24px 20px 60px; background: var(--paper); color: var(--ink);
          font: 16px/1.5 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif; overflow-wrap: break-word; }
        h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 4px; }
        h2 { font-size: 1.2rem; margin: 40px 0 10px; }
        h3 { font-size: 1rem; margin: 20px 0 6px; }
        p { margin: 8px 0; }
        .kicker, .muted, footer { color: var(--muted); font-size: .9rem; }
        .question { font-size: 1.15rem; }
        .card { background: var(--card); border-radius: 8px; padding: 12px 18px; margin: 14px 0; }
        .wrong { background: var(--badback); border-left: 5px solid var(--bad); border-radius: 4px; padding: 12px 18px; margin: 18px 0; }
        .wrong h2 { margin: 0 0 6px; color: var(--bad); }
        ul { padding-left: 20px; margin: 6px 0; }
        ul.checks { list-style: none; padding: 0; }
        ul.checks li { margin: 10px 0; }
        .met, .short, .open { font-weight: 600; border: 1.5px solid; border-radius: 4px; padding: 1px 8px; margin-right: 8px; white-space: nowrap; font-size: .85rem; }
        .met { color: var(--good); } .short { color: var(--bad); } .open { color: var(--muted); }
        .figure { display: block; color: var(--muted); font-size: .9rem; margin-top: 2px; }
        dl { display: grid; grid-template-columns: minmax(130px, max-content) 1fr; gap: 4px 18px; margin: 8px 0; font-size: .93rem; }
        dt { color: var(--muted); } dd { margin: 0; }
        figure { margin: 18px 0; overflow-x: auto; background: #fff; border: 1px solid var(--line); border-radius: 8px; }
        figure svg { display: block; width: 100%; min-width: 600px; height: auto; }
        .scroll { overflow-x: auto; margin: 10px 0; }
        table { border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; min-width: 100%; }
        th, td { padding: 5px 9px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
        th { color: var(--muted); font-weight: 600; vertical-align: bottom; min-width: 90px; }
        td:not(.n) { min-width: 90px; }
        td.wide { min-width: 250px; }
        td:first-child { min-width: 170px; }
        .n { text-align: right; }
        td.n { white-space: nowrap; }
        tr.failed td { background: var(--badback); color: var(--bad); }
        pre { background: var(--card); border-radius: 6px; padding: 10px 14px; overflow-x: auto; font-size: .87rem; }
        @media (max-width: 560px) { body { padding: 16px 12px 40px; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; } h1 { font-size: 1.4rem; } }
        @media print { body { max-width: none; padding: 0; font-size: 11pt; } figure, tr, .card, .wrong { break-inside: avoid; } .scroll, figure { overflow: visible; } figure svg { min-width: 0; }
          /* The tables are wider than a page is tall: they get pages of their own. */
          .scroll { page: wide; } table { font-size: 6pt; } th, td { padding: 2px 4px; } }
        @page wide { size: A3 landscape; margin: 10mm; }
        """;
}
