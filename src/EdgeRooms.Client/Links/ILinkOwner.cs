using EdgeRooms.Client.Protocol;

namespace EdgeRooms.Client.Links;

/// <summary>Whom a link tells, in turns of the gate.</summary>
interface ILinkOwner
{
    /// <summary>The session to come back as.</summary>
    string? SessionId { get; }

    /// <summary>The socket is open and has said hello: joins may go.</summary>
    void OnUp();

    void OnFrame(ServerFrame frame);

    /// <summary>The connection is gone; each open request is answered with null next.</summary>
    void OnDown();

    void OnLinkStatus();

    /// <summary>Never again.</summary>
    void OnStop(EdgeRoomsException error);
}
