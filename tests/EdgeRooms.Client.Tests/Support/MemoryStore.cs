using System.Collections.Concurrent;

namespace EdgeRooms.Client.Tests.Support;

/// <summary>A store with switches.</summary>
sealed class MemoryStore : ISessionStore
{
    public ConcurrentDictionary<string, string> Texts { get; private init; } = [];

    public bool IsFailing { get; set; }

    /// <summary>Its process has ended: nothing is written any more.</summary>
    public bool IsOver { get; set; }

    /// <summary>What a process that ends now leaves to the next.</summary>
    public MemoryStore Copy() => new() { Texts = new ConcurrentDictionary<string, string>(Texts) };

    public string? Get(string key) => Texts.GetValueOrDefault(key);

    public void Set(string key, string text)
    {
        if (IsFailing)
        {
            throw new IOException("No space left.");
        }

        if (!IsOver)
        {
            Texts[key] = text;
        }
    }

    public void Remove(string key) => Texts.TryRemove(key, out _);
}
