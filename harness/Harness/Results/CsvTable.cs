using CsvHelper;

namespace Harness.Results;

/// <summary>A table of texts with named columns, as CSV (RFC 4180, UTF-8, LF) and back.</summary>
internal sealed record CsvTable(IReadOnlyList<string> Headers, IReadOnlyList<string[]> Rows)
{
    public string ToCsv()
    {
        using var text = new StringWriter();
        using (var csv = CsvWriter.Create(text, new CsvWriterOptions { NewLine = "\n" }, leaveOpen: true))
        {
            csv.WriteRecord([.. Headers]);
            foreach (var row in Rows) csv.WriteRecord(row);
        }

        return text.ToString();
    }

    /// <exception cref="ResultException">The text is no CSV, or its rows differ in length.</exception>
    public static CsvTable Parse(string text)
    {
        // Strategy names hold semicolons' and pipes' cousins: the separator is said, never guessed.
        using var csv = CsvReader.FromText(text, new CsvReaderOptions { Separator = ',' });
        var rows = new List<string[]>();
        try
        {
            csv.ReadHeader();
            while (csv.Read())
            {
                if (csv.FieldCount != csv.Headers!.Count)
                    throw new ResultException($"row {csv.RowNumber} has {csv.FieldCount} fields, the header has {csv.Headers.Count}.");
                rows.Add([.. Enumerable.Range(0, csv.FieldCount).Select(csv.GetString)]);
            }
        }
        catch (CsvFormatException e)
        {
            throw new ResultException(e.Message, e);
        }

        return new CsvTable(csv.Headers is { } headers ? [.. headers] : [], rows);
    }
}
