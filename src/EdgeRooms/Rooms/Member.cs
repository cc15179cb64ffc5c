using System.Text.Json;

namespace EdgeRooms;

/// <summary>
/// A session in a room. The same session is the same member, with the same <see cref="Id"/>, across reconnects and nodes. A command over
/// HTTP comes from a member that is not in the room: its <see cref="Id"/> is empty.
/// </summary>
public sealed class Member
{
    readonly HashSet<string> _tags = [];

    internal Member(string id, string user, string? name, JsonElement? data)
    {
        Id = id;
        User = user;
        DisplayName = name;
        Data = data;
    }

    /// <summary>Opaque, the same for the session's whole life, safe to show to others.</summary>
    public string Id { get; }

    /// <summary>The user id: the token's <c>sub</c>.</summary>
    public string User { get; }

    /// <summary>The token's <c>name</c>, where it has one.</summary>
    public string? DisplayName { get; internal set; }

    /// <summary>Presence data as the client last gave it, at most a frame's size; null where it gave none.</summary>
    public JsonElement? Data { get; internal set; }

    /// <summary>Marks of the room's own, in memory only: lost when the room leaves memory.</summary>
    public ISet<string> Tags => _tags;

    internal Cluster.MemberInfo Info => new(Id, User, Data);

    /// <inheritdoc/>
    public override string ToString() => Id.Length == 0 ? User : $"{User} ({Id})";
}

/// <summary>Who asks to join: what <see cref="Room.OnJoining"/> decides on.</summary>
/// <param name="User">The user id: the token's <c>sub</c>.</param>
/// <param name="DisplayName">The token's <c>name</c>, where it has one.</param>
/// <param name="Data">The presence data sent with the join.</param>
public sealed record Joining(string User, string? DisplayName, JsonElement? Data);

/// <summary>The answer to a <see cref="Joining"/>: make one with <see cref="Room.Admit"/> or <see cref="Room.Refuse"/>.</summary>
public sealed class Admission
{
    internal static readonly Admission Granted = new(null, null);

    internal Admission(string? code, string? message)
    {
        Code = code;
        Message = message;
    }

    internal string? Code { get; }

    internal string? Message { get; }
}

/// <summary>Why a member left.</summary>
public enum LeaveReason
{
    /// <summary>It said so, or closed its socket with 1000.</summary>
    Left,

    /// <summary>Its socket broke and the grace passed.</summary>
    Lost,

    /// <summary>An operator or the token's new rights put it out.</summary>
    Removed,
}
