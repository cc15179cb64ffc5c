using EdgeRooms.Client.Links;

namespace EdgeRooms.Client.Tests.Support;

/// <summary>A server that says what the test says, over sockets in memory.</summary>
sealed class ScriptedServer
{
    int _taken;

    public List<ScriptedConnection> Connections { get; } = [];

    public bool HasNext => _taken < Connections.Count;

    public ISocket Dial(ISocketOwner owner)
    {
        var socket = new MemorySocket(owner);
        Connections.Add(new ScriptedConnection(socket));
        return socket;
    }

    /// <summary>The next connection, opened, so that it has said hello.</summary>
    public ScriptedConnection Next()
    {
        Assert.True(HasNext, $"There is no connection {_taken + 1}.");
        var connection = Connections[_taken++];
        connection.Socket.Accept();
        return connection;
    }
}
