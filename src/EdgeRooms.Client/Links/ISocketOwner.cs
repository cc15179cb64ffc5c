namespace EdgeRooms.Client.Links;

/// <summary>Whom a socket tells, from a thread of its own: opened once or not at all, messages, and closed once.</summary>
interface ISocketOwner
{
    void OnOpen();

    void OnMessage(ReadOnlySpan<byte> message);

    void OnClosed(int code, string reason);
}
