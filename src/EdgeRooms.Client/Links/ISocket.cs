namespace EdgeRooms.Client.Links;

/// <summary>One connection under way or open; a port, so that tests bring their own. It never blocks.</summary>
interface ISocket
{
    /// <summary>Frames that have not gone yet are so many that commands had better wait.</summary>
    bool IsCongested { get; }

    /// <summary>False where it is not open (any more) or so much waits that nobody can be reading.</summary>
    bool TrySend(ReadOnlyMemory<byte> frame);

    /// <summary>Lets it go: nothing of it is heard any more.</summary>
    void Close(int code);

    /// <summary>Ends when all of it has ended; never fails.</summary>
    Task Ended { get; }
}
