using EdgeRooms.Client.Protocol;
using EdgeRooms.Client.Sessions;

namespace EdgeRooms.Client.Commands;

/// <summary>What an outbox needs of its room and connection; called in turns.</summary>
interface IOutboxOwner
{
    string Id { get; }

    string? Epoch { get; }

    int FrameBytesMax { get; }

    bool IsCongested { get; }

    void Request(ClientFrame frame, Action<ServerFrame?> answer);

    /// <summary>The room had this seq when it answered, and its events come before its answer.</summary>
    void OnAck(long seq);

    /// <summary>The commands are others than before: for the next process.</summary>
    void Save(Func<StoredCommands> read);

    /// <summary>Own commands without an event are others than before: for the optimistic state, before anyone hears of an answer.</summary>
    void OnPending();

    void OnRefused(EdgeRoomsException error);

    /// <summary>A command has settled.</summary>
    void OnSettled();

    /// <summary>A fresh connection is needed.</summary>
    void Restart();

    /// <summary>The room has forgotten our session.</summary>
    void RenewSession();
}
