using EdgeRooms.Client.Links;

namespace EdgeRooms.Client.Tests.Support;

/// <summary>A socket in memory: the test, or a model, is the other end.</summary>
sealed class MemorySocket(ISocketOwner owner) : ISocket
{
    bool _isOpen;
    bool _isOver;

    public Action<string> Sent { get; set; } = _ => { };

    public Action<int> Closed { get; set; } = _ => { };

    public bool IsCongested { get; set; }

    public Task Ended => Task.CompletedTask;

    public bool TrySend(ReadOnlyMemory<byte> frame)
    {
        if (_isOpen)
        {
            Sent(System.Text.Encoding.UTF8.GetString(frame.Span));
        }

        return _isOpen;
    }

    public void Close(int code)
    {
        _isOpen = false;
        if (!_isOver)
        {
            _isOver = true;
            Closed(code);
        }
    }

    public void Accept()
    {
        if (!_isOver && !_isOpen)
        {
            _isOpen = true;
            owner.OnOpen();
        }
    }

    public void Deliver(string text)
    {
        if (_isOpen)
        {
            owner.OnMessage(System.Text.Encoding.UTF8.GetBytes(text));
        }
    }

    /// <summary>The other side, or the network, ends it.</summary>
    public void End(int code, string reason = "")
    {
        _isOpen = false;
        if (!_isOver)
        {
            _isOver = true;
            owner.OnClosed(code, reason);
        }
    }
}
