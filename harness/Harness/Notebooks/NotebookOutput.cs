using System.Text.Json.Nodes;
using Harness.Charts;

namespace Harness.Notebooks;

internal enum NotebookOutputKind
{
    Stream,
    Html,
    Markdown,
    Result,
    Error,
}

/// <summary>A part of a result that pages draw in their own way.</summary>
internal enum ResultPart
{
    None,
    Measured,
    Verdicts,
    Caveats,
}

/// <summary>One output of a cell, as nbformat 4 has them.</summary>
internal sealed record NotebookOutput(NotebookOutputKind Kind, string Text, string ErrorName = "", IReadOnlyList<string>? Traceback = null)
{
    /// <summary>What an image is a drawing of, for whoever draws it anew; null for what is no chart of ours.</summary>
    public Chart? Chart { get; init; }

    public ResultPart Part { get; init; }

    public static NotebookOutput Stream(string text) => new(NotebookOutputKind.Stream, text);

    public static NotebookOutput Html(string html) => new(NotebookOutputKind.Html, html);

    public static NotebookOutput Markdown(string markdown) => new(NotebookOutputKind.Markdown, markdown);

    /// <summary>The value of the cell's last expression.</summary>
    public static NotebookOutput Result(string text) => new(NotebookOutputKind.Result, text);

    public static NotebookOutput Error(string name, string message, IReadOnlyList<string> traceback) => new(NotebookOutputKind.Error, message, name, traceback);

    public JsonObject ToJson(int executionCount) => Kind switch
    {
        NotebookOutputKind.Stream => new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = Notebook.Lines(Text) },
        NotebookOutputKind.Html => Display("text/html"),
        NotebookOutputKind.Markdown => Display("text/markdown"),
        NotebookOutputKind.Result => new JsonObject
        {
            ["output_type"] = "execute_result",
            ["execution_count"] = executionCount,
            ["data"] = new JsonObject { ["text/plain"] = Notebook.Lines(Text) },
            ["metadata"] = new JsonObject(),
        },
        _ => new JsonObject
        {
            ["output_type"] = "error",
            ["ename"] = ErrorName,
            ["evalue"] = Text,
            ["traceback"] = new JsonArray([.. (Traceback ?? []).Select(line => (JsonNode)line)]),
        },
    };

    private JsonObject Display(string mediaType) => new()
    {
        ["output_type"] = "display_data",
        ["data"] = new JsonObject { [mediaType] = Notebook.Lines(Text) },
        ["metadata"] = new JsonObject(),
    };
}
