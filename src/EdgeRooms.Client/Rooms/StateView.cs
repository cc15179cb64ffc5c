using System.Text.Json;

using EdgeRooms.Client.Docs;

namespace EdgeRooms.Client.Rooms;

/// <summary>A room's state here: what the server told; for a <c>doc</c>, with the events since and own unanswered commands over them. Owned by the gate.</summary>
sealed class StateView
{
    /// <summary>Events kept for a <see cref="Document"/> or <see cref="IReducer"/> that is asked for late.</summary>
    const int TailMax = 500;

    JsonElement _told;
    JsonElement _value;
    Document? _document;

    /// <summary>Own commands without an event, and the document with them on top; null until it is read.</summary>
    IReadOnlyList<RoomChange> _pending = [];
    Document? _shown;

    /// <summary>Events up to this one are in what was told.</summary>
    long _from;
    List<RoomEvent>? _tail = [];

    public bool IsKnown { get; private set; }

    /// <summary>Events since the state while there is no document; null where there were too many.</summary>
    public IReadOnlyList<RoomEvent>? Tail => _tail;

    /// <summary>Without own commands; undefined where the server has told none.</summary>
    public JsonElement Confirmed => _document?.Read([]) ?? _told;

    /// <summary>Undefined where the server has told none.</summary>
    public JsonElement Value
    {
        get
        {
            if (_document is null)
            {
                return _told;
            }

            if (_value.ValueKind == JsonValueKind.Undefined)
            {
                _value = Read([]);
            }

            return _value;
        }
    }

    /// <summary>The seq of the state.</summary>
    public long Seq { get; private set; }

    /// <summary>Grows with each change.</summary>
    public long Version { get; private set; }

    public bool HasDocument => _document is not null;

    /// <summary>From a <c>joined</c> or <c>reset</c>.</summary>
    public void Start(JsonElement state, long seq)
    {
        IsKnown = true;
        _told = state;
        _value = default;
        _from = state.ValueKind == JsonValueKind.Undefined ? 0 : seq;
        _tail = [];
        Seq = seq;
        Version++;
        if (_document is not null)
        {
            _document = new Document(state);
            _shown = null;
        }
    }

    /// <summary>Past events below the state are in it already.</summary>
    public void Fold(RoomEvent next)
    {
        if (next.Seq <= _from && IsKnown)
        {
            return;
        }

        if (_document is not null)
        {
            Advance(_document, next);
        }
        else if (_tail is { Count: < TailMax })
        {
            _tail.Add(next);
        }
        else
        {
            _tail = null;
        }
    }

    /// <summary>From here on the state follows the events. False where some have passed that are not known any more.</summary>
    public bool TryFollow()
    {
        if (_document is not null)
        {
            return true;
        }

        if (_tail is null)
        {
            return false;
        }

        _document = new Document(_told);
        foreach (var next in _tail)
        {
            Advance(_document, next);
        }

        _tail = [];
        return true;
    }

    /// <summary>Own commands without an event, over the document.</summary>
    public void Rebase(IReadOnlyList<RoomChange> pending)
    {
        if (pending.Count == 0 && _pending.Count == 0)
        {
            return;
        }

        _pending = pending;
        _shown = null;
        _value = default;
        Version++;
    }

    public JsonElement Read(string[] tokens)
    {
        if (_document is null)
        {
            return default;
        }

        _shown ??= Show(_document, _pending);
        return _shown.Read(tokens);
    }

    static Document Show(Document document, IReadOnlyList<RoomChange> pending)
    {
        if (pending.Count == 0)
        {
            return document;
        }

        var shown = document.Copy();
        foreach (var own in pending)
        {
            shown.Apply(own.Name, own.Data);
        }

        return shown;
    }

    void Advance(Document document, RoomEvent next)
    {
        document.Apply(next.Name, next.Data);
        _shown = null;
        _value = default;
        Seq = next.Seq;
        Version++;
    }
}
