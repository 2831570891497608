using Engine.Protocol.Wire;

namespace Engine.Tests.Protocol.Messages.Golden;

/// <summary>Bytes of messages that others made or approved: one a line, <c>kind api version bytes</c>.</summary>
internal sealed class GoldenFile : Dictionary<(string Kind, ApiKey Api, short Version), byte[]>
{
    public static GoldenFile Read(string name)
    {
        using var stream = typeof(GoldenFile).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
        using var text = new StreamReader(stream);
        var golden = new GoldenFile();
        while (text.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;

            var parts = line.Split(' ');
            var key = (parts[0], Enum.Parse<ApiKey>(parts[1]), short.Parse(parts[2]));
            golden.Add(key, Convert.FromHexString(parts.ElementAtOrDefault(3) ?? ""));
        }

        return golden;
    }

    public static TheoryData<ApiKey, string, short> Rows(string name)
    {
        var data = new TheoryData<ApiKey, string, short>();
        foreach (var (kind, api, version) in Read(name).Keys) data.Add(api, kind, version);
        return data;
    }
}
