using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Harness.Notebooks;

/// <summary>A .ipynb file (nbformat 4) whose code cells are C#. Everything that is not an output is kept as it was.</summary>
internal sealed class Notebook
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 1, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly JsonObject _root;

    private Notebook(JsonObject root, IReadOnlyList<NotebookCell> cells) => (_root, Cells) = (root, cells);

    /// <summary>All cells in their order, texts and code.</summary>
    public IReadOnlyList<NotebookCell> Cells { get; }

    public IEnumerable<NotebookCell> CodeCells => Cells.Where(cell => cell.IsCode);

    /// <exception cref="NotebookException">No notebook, another format, or another language.</exception>
    public static Notebook Read(string path)
    {
        JsonObject root;
        try
        {
            root = JsonNode.Parse(File.ReadAllText(path)) as JsonObject ?? throw new NotebookException($"{path} is not a notebook: it holds no object.");
        }
        catch (JsonException e)
        {
            throw new NotebookException($"{path} is not a notebook: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"{path} cannot be read: {e.Message}", e);
        }

        if ((int?)root["nbformat"] != 4 || root["cells"] is not JsonArray cells) throw new NotebookException($"{path} is not a notebook of nbformat 4.");

        // Without a kernelspec nothing says the language: taken as ours. With one it must be C#.
        var language = (string?)root["metadata"]?["kernelspec"]?["language"] ?? "C#";
        if (language != "C#") throw new NotebookException($"{path} is written in {language}; only C# cells can be run.");

        var codeCells = 0;
        return new Notebook(root, [.. cells.OfType<JsonObject>().Select(cell => new NotebookCell(cell, (string?)cell["cell_type"] == "code" ? ++codeCells : 0))]);
    }

    public void Write(string path)
    {
        var temporary = path + ".part";
        File.WriteAllText(temporary, _root.ToJsonString(Indented) + "\n");
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>A text as nbformat stores it: a line an entry, each with its line feed but the last.</summary>
    public static JsonArray Lines(string text)
    {
        var lines = text.Split('\n');
        return new JsonArray([.. lines.Select((line, i) => i < lines.Length - 1 ? line + "\n" : line).Where(line => line.Length > 0).Select(line => (JsonNode)line)]);
    }
}

/// <summary>One cell; <see cref="Number"/> counts code cells from 1, as execution does, and is 0 for a text.</summary>
internal sealed class NotebookCell(JsonObject json, int number)
{
    public int Number => number;

    public bool IsCode => number > 0;

    /// <summary>What it showed when it was last run in this process.</summary>
    public IReadOnlyList<NotebookOutput> Outputs { get; private set; } = [];

    /// <summary>Code, or Markdown.</summary>
    public string Source => json["source"] switch
    {
        JsonArray lines => string.Concat(lines.Select(line => (string?)line)),
        JsonValue text => (string?)text ?? "",
        _ => "",
    };

    public void SetOutputs(IReadOnlyList<NotebookOutput> outputs)
    {
        Outputs = outputs;
        json["execution_count"] = number;
        json["outputs"] = new JsonArray([.. outputs.Select(output => (JsonNode)output.ToJson(number))]);
    }

    public void ClearOutputs()
    {
        Outputs = [];
        json["execution_count"] = null;
        json["outputs"] = new JsonArray();
    }
}

/// <summary>A notebook that cannot be run at all; the message says why.</summary>
public sealed class NotebookException(string message, Exception? inner = null) : Exception(message, inner);
