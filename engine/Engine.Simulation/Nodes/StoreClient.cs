using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <summary>A node's way to the metadata store: one wish at a time, asked again until its outcome is known.</summary>
internal sealed class StoreClient(Schedule schedule, SimulatedNode node)
{
    private readonly Queue<Wish> _wishes = [];
    private Wish? _asked;
    private int _token;
    private long _deadline;

    /// <summary>Whether a wish of this kind is under way.</summary>
    public bool Has(WishKind kind) => _asked?.Kind == kind || _wishes.Any(wish => wish.Kind == kind);

    public bool IsIdle => _asked is null && _wishes.Count == 0;

    public void Add(Wish wish)
    {
        _wishes.Enqueue(wish);
        if (_asked is null) Next();
    }

    public void Take(StoreAnswer answer)
    {
        if (_asked is not { } wish || answer.Token != _token) return;

        // The news first: what was taken is a new state for this node too.
        node.See(answer.State);
        if (answer.IsDisproved) node.NobodyIsExpired();
        if (answer.Taken) Settle(wish, taken: true);
        else Ask(wish);
    }

    /// <summary>Nobody knows what became of a question without an answer; on whichever state there is now, it is decided again.</summary>
    public void Tick()
    {
        if (_asked is not { } wish || schedule.Now < _deadline) return;
        schedule.Network.Reconnect(node.Id, schedule.Store.Id);
        if (schedule.Rules.WaitsForRefusals || wish.Kind != WishKind.InSync) Ask(wish);
        else Settle(wish, taken: false);
    }

    private void Ask(Wish wish)
    {
        _asked = wish;
        var records = wish.Decide(node.Seen);
        if (records.Count == 0)
        {
            Settle(wish, taken: false);
            return;
        }

        _deadline = schedule.Now + Setting.StoreTimeout;
        schedule.Network.Send(node.Id, schedule.Store.Id, new StoreAppend(++_token, node.Seen.Version, records));
    }

    private void Settle(Wish wish, bool taken)
    {
        _asked = null;
        wish.Settle(taken);
        if (_asked is null) Next();
    }

    private void Next()
    {
        if (_wishes.TryDequeue(out var wish)) Ask(wish);
    }
}
