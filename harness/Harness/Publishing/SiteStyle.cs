namespace Harness.Publishing;

/// <summary>What the site's pages have beyond the reports' looks.</summary>
internal static class SiteStyle
{
    public const string Css = """
        main p, main li { max-width: 46rem; }
        main { margin-top: 22px; }
        .back { margin: 0 0 14px; font-size: .92rem; }
        .badge { display: inline-block; font-weight: 600; border: 1.5px solid; border-radius: 4px; padding: 0 8px; margin-right: 8px; }
        .badge { white-space: nowrap; color: var(--muted); }
        .met .badge, .badge.met { color: var(--good); } .short .badge, .badge.short { color: var(--bad); }
        ul.checks li p { margin: 4px 0; } ul.checks li .reason { font-size: .9rem; } ul.checks li .says { font-size: 1.02rem; font-weight: 600; margin: 6px 0; }
        details { margin: 10px 0; } summary { color: var(--muted); font-size: .86rem; cursor: pointer; }
        pre.text { white-space: pre-wrap; }
        code { font-size: .9em; overflow-wrap: anywhere; }
        main img { max-width: 100%; }
        @media print { details, .back { display: none; } a { color: inherit; text-decoration: none; } }
        """;
}
