using Engine.Protocol.Wire;

namespace Engine.Tests.Protocol.Messages.Golden;

/// <summary>Bytes of messages that others made or approved: one a line, <c>kind api version bytes</c>.</summary>
internal static class GoldenFile
{
    public static IReadOnlyDictionary<(string Kind, ApiKey Api, short Version), byte[]> Read(string name)
    {
        using var stream = typeof(GoldenFile).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var text = new StreamReader(stream);
        var lines = text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#').Select(line => line.Split(' '));
        return lines.ToDictionary(
            parts => (parts[0], Enum.Parse<ApiKey>(parts[1]), short.Parse(parts[2])),
            parts => Convert.FromHexString(parts.ElementAtOrDefault(3) ?? ""));
    }

    public static TheoryData<ApiKey, string, short> Keys(string name)
    {
        var data = new TheoryData<ApiKey, string, short>();
        foreach (var (kind, api, version) in Read(name).Keys) data.Add(api, kind, version);
        return data;
    }
}
