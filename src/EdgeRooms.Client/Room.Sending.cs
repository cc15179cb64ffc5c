using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

using EdgeRooms.Client.Protocol;

namespace EdgeRooms.Client;

/// <summary>What is said to the room.</summary>
public partial class Room
{
    /// <summary>Sends a command without data; see <see cref="SendAsync(string, JsonElement, CancellationToken)"/>.</summary>
    public Task<SendResult> SendAsync(string name, CancellationToken cancellationToken = default) => SendAsync(name, Payload.Null, cancellationToken);

    /// <summary>Sends a command whose data is a type of yours; see <see cref="SendAsync(string, JsonElement, CancellationToken)"/>.</summary>
    /// <param name="type">From a source-generated context: <c>GameJson.Default.Play</c>.</param>
    public Task<SendResult> SendAsync<T>(string name, T data, JsonTypeInfo<T> type, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(type);
        try
        {
            return SendAsync(name, Payload.Of(Id, name, data, type), cancellationToken);
        }
        catch (EdgeRoomsException e)
        {
            return Task.FromException<SendResult>(e);
        }
    }

    /// <summary>
    /// Sends a command. It settles once, after its events are stored, whatever connections break meanwhile; commands of a room take effect in the order of sending.
    /// While there is no connection it waits.
    /// </summary>
    /// <param name="name">1 to 128 characters.</param>
    /// <param name="data">Nested at most 64 deep; the whole frame at most 64 KiB, or what the server's settings say.</param>
    /// <param name="cancellationToken">
    /// Gives the command up. Never sent, it is gone; sent, the server is asked to skip it. <see cref="OperationCanceledException"/> then says that it has not taken effect;
    /// where it had, the result comes all the same.
    /// </param>
    /// <exception cref="EdgeRoomsException">
    /// It has not taken effect, and the message says why and what to do; only with the code <c>outcome_unknown</c> it may have.
    /// </exception>
    public Task<SendResult> SendAsync(string name, JsonElement data, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<SendResult>(cancellationToken);
        }

        try
        {
            var sent = OrNull(data);
            Payload.Check(Id, name, sent);
            return _hub.Gate.Run(() => _isLeft || _membership.Status == RoomStatus.Closed
                ? throw new EdgeRoomsException("closed", "This room was left or closed, so nothing was sent. Open it again by client.Room().", Id)
                : _membership.Outbox.Add(name, sent, cancellationToken));
        }
        catch (EdgeRoomsException e)
        {
            return Task.FromException<SendResult>(e);
        }
    }

    /// <summary>To everyone else in the room right now; not stored, may be dropped, and is while there is no connection.</summary>
    /// <exception cref="EdgeRoomsException"><c>bad_frame</c>: the name or data is none that the server takes.</exception>
    public ValueTask EphemeralAsync(string name, JsonElement data)
    {
        ArgumentNullException.ThrowIfNull(name);
        var said = OrNull(data);
        Payload.Check(Id, name, said);
        _hub.Gate.Run(() => _membership.Say(name, said));
        return ValueTask.CompletedTask;
    }

    /// <summary>The same with a type of yours.</summary>
    public ValueTask EphemeralAsync<T>(string name, T data, JsonTypeInfo<T> type) => EphemeralAsync(name, Payload.Of(Id, name, data, type));

    /// <summary>Replaces my presence data, which the members see; now, and at each join.</summary>
    /// <exception cref="EdgeRoomsException"><c>bad_frame</c>: the data is none that the server takes.</exception>
    public ValueTask PresenceAsync(JsonElement data)
    {
        var presence = OrNull(data);
        Payload.Check(Id, "presence", presence);
        _hub.Gate.Run(() => _membership.Presence(presence));
        return ValueTask.CompletedTask;
    }

    /// <summary>The same with a type of yours.</summary>
    public ValueTask PresenceAsync<T>(T data, JsonTypeInfo<T> type) => PresenceAsync(Payload.Of(Id, "presence", data, type));

    /// <summary>A copy, so that the caller may dispose of the document it is from.</summary>
    static JsonElement OrNull(JsonElement data) => data.ValueKind == JsonValueKind.Undefined ? Payload.Null : data.Clone();
}
