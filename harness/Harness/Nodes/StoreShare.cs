using System.Net.Http.Json;
using System.Text;

namespace Harness.Nodes;

/// <summary>The keys of one run in an etcd that others use too; they are deleted in the end.</summary>
/// <param name="endpoints">Its members, as <c>10.0.0.9:2379</c>.</param>
/// <param name="prefix">What the run's keys begin with.</param>
internal sealed class StoreShare(IReadOnlyList<string> endpoints, string prefix) : IAsyncDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The metadata seam's strategy for nodes that agree by it.</summary>
    public string Strategy => $"etcd(endpoints={string.Join(';', endpoints)}, prefix={prefix})";

    public async ValueTask DisposeAsync()
    {
        using var http = new HttpClient { Timeout = AnswerTimeout };
        // A range ends before its second key: a slash is followed by a zero.
        var range = new { key = Base64(prefix + "/"), range_end = Base64(prefix + "0") };
        foreach (var endpoint in endpoints)
        {
            try
            {
                using var answer = await http.PostAsJsonAsync(new Uri($"http://{endpoint}/v3/kv/deleterange"), range);
                if (answer.IsSuccessStatusCode) return;
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                // Another member will do; where none does the keys stay, which harms nobody: the next run has others.
            }
        }
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
