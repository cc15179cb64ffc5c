using System.Text.Json;

namespace EdgeRooms.Client.Tests.Support;

/// <summary>A room's log, and what it remembers of each session's numbers.</summary>
sealed class ModelRoom
{
    readonly Dictionary<string, Ledger> _ledgers = [];

    public List<(long Seq, string Name, JsonElement Data, string Session, long Cmd)> Events { get; } = [];

    public Ledger LedgerOf(string session)
    {
        if (!_ledgers.TryGetValue(session, out var ledger))
        {
            _ledgers[session] = ledger = new Ledger();
        }

        return ledger;
    }

    public void Forget()
    {
        foreach (var ledger in _ledgers.Values)
        {
            ledger.Top = ledger.Done.Keys.DefaultIfEmpty().Max();
        }
    }

    internal sealed class Ledger
    {
        public long Top { get; set; }

        public Dictionary<long, long> Done { get; } = [];
    }
}
