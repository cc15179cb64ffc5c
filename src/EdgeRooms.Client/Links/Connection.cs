using EdgeRooms.Client.Protocol;

namespace EdgeRooms.Client.Links;

/// <summary>
/// One socket of a link, and what came over it in turns of the gate. Once the link has let go of it, what it still brings (a 4005, too) means nothing.
/// </summary>
sealed class Connection(Link link, Gate gate) : ISocketOwner
{
    public ISocket? Socket { get; set; }

    /// <summary>Open, and hello has gone.</summary>
    public bool IsUp { get; private set; }

    bool IsCurrent => link.IsCurrent(this);

    public void OnOpen() => gate.Run(() =>
    {
        if (IsCurrent)
        {
            IsUp = true;
            link.OnOpen();
        }
    });

    public void OnMessage(ReadOnlySpan<byte> message)
    {
        List<ServerFrame>? frames;
        try
        {
            frames = FrameReader.Read(message);
        }
        catch (System.Text.Json.JsonException)
        {
            frames = null; // whoever speaks there is no EdgeRooms
        }

        gate.Run(() =>
        {
            if (IsCurrent)
            {
                link.OnMessage(this, frames);
            }
        });
    }

    public void OnClosed(int code, string reason) => gate.Run(() =>
    {
        if (IsCurrent)
        {
            link.OnClosed(code, reason);
        }
    });
}
